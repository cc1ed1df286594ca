import com.chatroutes.ApiClient;
import com.chatroutes.ApiException;
import com.chatroutes.api.ConversationsApi;
import com.chatroutes.api.MessagesApi;
import com.chatroutes.model.CreateConversationRequest;
import com.chatroutes.model.ErrorResponse;
import com.chatroutes.model.SendMessageRequest;
import com.chatroutes.model.TreeFormat;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** A conversation with the client that openapi-generator generates for Java. */
public final class Conversation {
    public static void main(String[] arguments) throws Exception {
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        var client = new ApiClient();
        client.updateBaseUri(System.getenv("CHATROUTES_BASE_URL"));
        client.setRequestInterceptor(request -> request.header("X-API-Key", System.getenv("CHATROUTES_API_KEY")));
        var conversations = new ConversationsApi(client);

        var request = new CreateConversationRequest().title("Grüße 🌿");
        var created = conversations.createConversation(request, null).getData().getConversation();
        out.println("created: " + created.getTitle());

        var hello = new SendMessageRequest().content("Hello");
        var sent = new MessagesApi(client).sendMessage(created.getId(), hello, null).getData();
        // The documented dialect has the reply as `assistantMessage`, the compact dialect as `message`.
        var reply = sent.getAssistantMessage() == null ? sent.getMessage() : sent.getAssistantMessage();
        out.println("replied: " + reply.getContent().split("You wrote: ")[1]);

        var listed = conversations.listConversations(1, 10, null);
        // In the compact dialect, the fields of the page are beside `success`.
        var page = listed.getData() == null ? listed.getConversations() : listed.getData().getConversations();
        out.println("listed: " + page.size() + ", " + page.get(0).getTitle());

        var tree = conversations.getConversationTree(System.getenv("LONG_CONVERSATION_ID"), TreeFormat.FLAT);
        var nodes = tree.getData().getNodes();
        out.println("tree: " + nodes.size() + " messages, " + nodes.get(nodes.size() - 1).getDepth() + " deep");

        try {
            conversations.getConversation("no/such conversation");
            throw new IllegalStateException("expected an API error");
        } catch (ApiException error) {
            var body = client.getObjectMapper().readValue(error.getResponseBody(), ErrorResponse.class);
            out.println("missing: " + error.getCode() + " " + body.getError());
        }

        out.println("deleted: " + conversations.deleteConversation(created.getId()).getSuccess());
    }
}
