import com.chatroutes.apis.BranchesApi
import com.chatroutes.apis.ConversationsApi
import com.chatroutes.apis.MessagesApi
import com.chatroutes.infrastructure.ApiClient
import com.chatroutes.infrastructure.ClientError
import com.chatroutes.infrastructure.ClientException
import com.chatroutes.infrastructure.Serializer
import com.chatroutes.models.ContextMode
import com.chatroutes.models.CreateConversationRequest
import com.chatroutes.models.ErrorResponse
import com.chatroutes.models.ForkConversationRequest
import com.chatroutes.models.Message
import com.chatroutes.models.SendMessageRequest
import com.chatroutes.models.TreeFormat

val baseUrl: String = System.getenv("CHATROUTES_BASE_URL")
val conversations = ConversationsApi(baseUrl)
val messages = MessagesApi(baseUrl)

/** A conversation with the client that openapi-generator generates for Kotlin. */
fun main() {
    ApiClient.apiKey["X-API-Key"] = System.getenv("CHATROUTES_API_KEY")

    val conversation = conversations.createConversation(CreateConversationRequest("Grüße 🌿")).data!!.conversation!!
    println("created: ${conversation.title}")

    val reply = send(conversation.id, SendMessageRequest("Hello"))
    val fork = ForkConversationRequest(reply.id, "Another way", contextMode = ContextMode.MINIMAL)
    val branch = BranchesApi(baseUrl).forkConversation(conversation.id, fork).data!!.branch!!
    println("forked: ${branch.title}")
    send(conversation.id, SendMessageRequest("And now?", branchId = branch.id))

    val listed = conversations.listConversations(1, 10)
    // In the compact dialect, the fields of the page are beside `success`.
    val page = listed.data?.conversations ?: listed.conversations!!
    println("listed: ${page.size}, ${page[0].title}")

    printTree(conversation.id)
    printTree(System.getenv("LONG_CONVERSATION_ID"))

    try {
        conversations.getConversation("no/such conversation")
        error("expected an API error")
    } catch (error: ClientException) {
        val body = (error.response as ClientError<*>).body as String
        println("missing: ${error.statusCode} ${Serializer.moshi.adapter(ErrorResponse::class.java).fromJson(body)?.error}")
    }

    println("deleted: ${conversations.deleteConversation(conversation.id).success}")
}

fun send(conversationId: String, request: SendMessageRequest): Message {
    val sent = messages.sendMessage(conversationId, request).data!!
    val reply = sent.assistantMessage ?: sent.message!!
    println("replied: ${reply.content.substringAfter("You wrote: ")}")
    return reply
}

fun printTree(conversationId: String) {
    val tree = conversations.getConversationTree(conversationId, TreeFormat.flat).data!!
    val size = tree.metadata!!
    println("tree: ${tree.nodes!!.size} of ${size.totalNodes} messages on ${size.totalBranches} branches")
}
