import com.chatroutes.apis.ConversationsApi
import com.chatroutes.apis.MessagesApi
import com.chatroutes.infrastructure.ApiClient
import com.chatroutes.infrastructure.ClientError
import com.chatroutes.infrastructure.ClientException
import com.chatroutes.infrastructure.Serializer
import com.chatroutes.models.CreateConversationRequest
import com.chatroutes.models.ErrorResponse
import com.chatroutes.models.SendMessageRequest
import com.chatroutes.models.TreeFormat

/** A conversation with the client that openapi-generator generates for Kotlin. */
fun main() {
    ApiClient.apiKey["X-API-Key"] = System.getenv("CHATROUTES_API_KEY")
    val baseUrl: String = System.getenv("CHATROUTES_BASE_URL")
    val conversations = ConversationsApi(baseUrl)

    val conversation = conversations.createConversation(CreateConversationRequest("Grüße 🌿")).data!!.conversation!!
    println("created: ${conversation.title}")

    val sent = MessagesApi(baseUrl).sendMessage(conversation.id, SendMessageRequest("Hello")).data!!
    // The documented dialect has the reply as `assistantMessage`, the compact dialect as `message`.
    val reply = sent.assistantMessage ?: sent.message!!
    println("replied: ${reply.content.substringAfter("You wrote: ")}")

    val listed = conversations.listConversations(1, 10)
    // In the compact dialect, the fields of the page are beside `success`.
    val page = listed.data?.conversations ?: listed.conversations!!
    println("listed: ${page.size}, ${page[0].title}")

    val tree = conversations.getConversationTree(System.getenv("LONG_CONVERSATION_ID"), TreeFormat.flat).data!!
    println("tree: ${tree.nodes!!.size} messages, ${tree.nodes.last().depth} deep")

    try {
        conversations.getConversation("no/such conversation")
        error("expected an API error")
    } catch (error: ClientException) {
        val body = (error.response as ClientError<*>).body as String
        println("missing: ${error.statusCode} ${Serializer.moshi.adapter(ErrorResponse::class.java).fromJson(body)?.error}")
    }

    println("deleted: ${conversations.deleteConversation(conversation.id).success}")
}
