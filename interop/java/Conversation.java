import com.chatroutes.ApiClient;
import com.chatroutes.ApiException;
import com.chatroutes.api.BranchesApi;
import com.chatroutes.api.ConversationsApi;
import com.chatroutes.api.MessagesApi;
import com.chatroutes.model.ContextMode;
import com.chatroutes.model.CreateConversationRequest;
import com.chatroutes.model.ErrorResponse;
import com.chatroutes.model.ForkConversationRequest;
import com.chatroutes.model.Message;
import com.chatroutes.model.SendMessageRequest;
import com.chatroutes.model.TreeNode;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A conversation with the client that openapi-generator generates for Java. */
public final class Conversation {
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    public static void main(String[] arguments) throws Exception {
        var client = new ApiClient();
        client.updateBaseUri(System.getenv("CHATROUTES_BASE_URL"));
        String key = "ApiKey " + System.getenv("CHATROUTES_API_KEY");
        client.setRequestInterceptor(request -> request.header("Authorization", key));
        var conversations = new ConversationsApi(client);
        var messages = new MessagesApi(client);

        var created = conversations
            .createConversation(new CreateConversationRequest().title("Grüße 🌿"), null)
            .getData().getConversation();
        OUT.println("created: " + created.getTitle());
        String id = created.getId();

        Message reply = send(messages, id, new SendMessageRequest().content("Hello"));
        var fork = new ForkConversationRequest()
            .forkPointMessageId(reply.getId())
            .title("Another way")
            .contextMode(ContextMode.MINIMAL);
        var branch = new BranchesApi(client).forkConversation(id, fork, null).getData().getBranch();
        OUT.println("forked: " + branch.getTitle());
        send(messages, id, new SendMessageRequest().content("And now?").branchId(branch.getId()));

        var listed = conversations.listConversations(1, 10, null);
        // In the compact dialect, the fields of the page are beside `success`.
        var page = listed.getData() == null ? listed.getConversations() : listed.getData().getConversations();
        OUT.println("listed: " + page.size() + ", " + page.get(0).getTitle());

        var tree = conversations.getConversationTree(id).getData();
        OUT.println("tree: " + count(tree.getTree().getChildren())
            + " of " + tree.getMetadata().getTotalNodes()
            + " messages on " + tree.getMetadata().getTotalBranches() + " branches");

        try {
            conversations.getConversation("no/such conversation");
            throw new IllegalStateException("expected an API error");
        } catch (ApiException error) {
            var body = client.getObjectMapper().readValue(error.getResponseBody(), ErrorResponse.class);
            OUT.println("missing: " + error.getCode() + " " + body.getError());
        }

        OUT.println("deleted: " + conversations.deleteConversation(id).getSuccess());
    }

    private static Message send(MessagesApi messages, String conversationId, SendMessageRequest message)
        throws ApiException {
        var sent = messages.sendMessage(conversationId, message, null).getData();
        // The documented dialect has the reply as `assistantMessage`, the compact dialect as `message`.
        Message reply = sent.getAssistantMessage() == null ? sent.getMessage() : sent.getAssistantMessage();
        OUT.println("replied: " + reply.getContent().split("You wrote: ")[1]);
        return reply;
    }

    private static int count(List<TreeNode> nodes) {
        return nodes.size() + nodes.stream().mapToInt(node -> count(node.getChildren())).sum();
    }
}
