// A conversation with the client that openapi-generator generates for Go.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	chatroutes "example.com/chatroutes/client"
)

func main() {
	if err := converse(os.Getenv("CHATROUTES_BASE_URL"), os.Getenv("CHATROUTES_API_KEY")); err != nil {
		log.Fatal(err)
	}
}

func converse(baseURL, apiKey string) error {
	configuration := chatroutes.NewConfiguration()
	configuration.Servers = chatroutes.ServerConfigurations{{URL: baseURL}}
	configuration.AddDefaultHeader("Authorization", "ApiKey "+apiKey)
	client := chatroutes.NewAPIClient(configuration)
	ctx := context.Background()

	created, _, err := client.ConversationsAPI.CreateConversation(ctx).
		CreateConversationRequest(*chatroutes.NewCreateConversationRequest("Grüße 🌿")).Execute()
	if err != nil {
		return err
	}
	conversation := created.Data.Conversation
	fmt.Println("created:", conversation.Title)

	reply, err := send(ctx, client, conversation.Id, chatroutes.NewSendMessageRequest("Hello"))
	if err != nil {
		return err
	}

	fork := chatroutes.NewForkConversationRequest(reply.Id, "Another way")
	fork.SetContextMode(chatroutes.MINIMAL)
	forked, _, err := client.BranchesAPI.ForkConversation(ctx, conversation.Id).
		ForkConversationRequest(*fork).Execute()
	if err != nil {
		return err
	}
	fmt.Println("forked:", forked.Data.Branch.Title)
	message := chatroutes.NewSendMessageRequest("And now?")
	message.SetBranchId(forked.Data.Branch.Id)
	if _, err := send(ctx, client, conversation.Id, message); err != nil {
		return err
	}

	listed, _, err := client.ConversationsAPI.ListConversations(ctx).Page(1).Limit(10).Execute()
	if err != nil {
		return err
	}
	// In the compact dialect, the fields of the page are beside `success`.
	conversations := listed.Conversations
	if listed.HasData() {
		conversations = listed.Data.Conversations
	}
	fmt.Printf("listed: %d, %s\n", len(conversations), conversations[0].Title)

	tree, _, err := client.ConversationsAPI.GetConversationTree(ctx, conversation.Id).Execute()
	if err != nil {
		return err
	}
	fmt.Printf("tree: %d of %d messages on %d branches\n",
		count(tree.Data.Tree.Children), tree.Data.Metadata.TotalNodes, tree.Data.Metadata.TotalBranches)

	_, response, err := client.ConversationsAPI.GetConversation(ctx, "no/such conversation").Execute()
	var apiError *chatroutes.GenericOpenAPIError
	if !errors.As(err, &apiError) {
		return fmt.Errorf("expected an API error, got: %w", err)
	}
	errorResponse := apiError.Model().(chatroutes.ErrorResponse)
	fmt.Println("missing:", response.StatusCode, errorResponse.GetError())

	deleted, _, err := client.ConversationsAPI.DeleteConversation(ctx, conversation.Id).Execute()
	if err != nil {
		return err
	}
	fmt.Println("deleted:", deleted.GetSuccess())
	return nil
}

func send(
	ctx context.Context, client *chatroutes.APIClient, conversationID string, message *chatroutes.SendMessageRequest,
) (*chatroutes.Message, error) {
	sent, _, err := client.MessagesAPI.SendMessage(ctx, conversationID).SendMessageRequest(*message).Execute()
	if err != nil {
		return nil, err
	}
	// The documented dialect has the reply as `assistantMessage`, the compact dialect as `message`.
	reply := sent.Data.AssistantMessage
	if reply == nil {
		reply = sent.Data.Message
	}
	_, quoted, _ := strings.Cut(reply.Content, "You wrote: ")
	fmt.Println("replied:", quoted)
	return reply, nil
}

func count(nodes []chatroutes.TreeNode) int {
	total := len(nodes)
	for _, node := range nodes {
		total += count(node.Children)
	}
	return total
}
