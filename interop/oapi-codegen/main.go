// A conversation with the client that oapi-codegen generates.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"

	"example.com/conversation/generated/chatroutes"
)

var ctx = context.Background()

func main() {
	if err := converse(os.Getenv("CHATROUTES_BASE_URL"), os.Getenv("CHATROUTES_API_KEY")); err != nil {
		log.Fatal(err)
	}
}

func converse(baseURL, apiKey string) error {
	authenticate := func(_ context.Context, request *http.Request) error {
		request.Header.Set("X-API-Key", apiKey)
		return nil
	}
	client, err := chatroutes.NewClientWithResponses(baseURL, chatroutes.WithRequestEditorFn(authenticate))
	if err != nil {
		return err
	}

	created, err := client.CreateConversationWithResponse(
		ctx, nil, chatroutes.CreateConversationRequest{Title: "Grüße 🌿"})
	if err != nil {
		return err
	}
	conversation := created.JSON201.Data.Conversation
	fmt.Println("created:", conversation.Title)

	reply, err := send(client, conversation.Id, chatroutes.SendMessageRequest{Content: "Hello"})
	if err != nil {
		return err
	}
	mode := chatroutes.MINIMAL
	forked, err := client.ForkConversationWithResponse(ctx, conversation.Id, nil, chatroutes.ForkConversationRequest{
		ForkPointMessageId: reply.Id, Title: "Another way", ContextMode: &mode,
	})
	if err != nil {
		return err
	}
	branch := forked.JSON201.Data.Branch
	fmt.Println("forked:", branch.Title)
	message := chatroutes.SendMessageRequest{Content: "And now?", BranchId: &branch.Id}
	if _, err := send(client, conversation.Id, message); err != nil {
		return err
	}

	listed, err := client.ListConversationsWithResponse(ctx, &chatroutes.ListConversationsParams{})
	if err != nil {
		return err
	}
	// In the compact dialect, the fields of the page are beside `success`.
	page := listed.JSON200.Conversations
	if data := listed.JSON200.Data; data != nil {
		page = &data.Conversations
	}
	fmt.Printf("listed: %d, %s\n", len(*page), (*page)[0].Title)

	for _, id := range []string{conversation.Id, os.Getenv("LONG_CONVERSATION_ID")} {
		flat := chatroutes.Flat
		read, err := client.GetConversationTreeWithResponse(
			ctx, id, &chatroutes.GetConversationTreeParams{Format: &flat})
		if err != nil {
			return err
		}
		tree := read.JSON200.Data
		fmt.Printf("tree: %d of %d messages on %d branches\n",
			len(*tree.Nodes), tree.Metadata.TotalNodes, tree.Metadata.TotalBranches)
	}

	missing, err := client.GetConversationWithResponse(ctx, "no/such conversation")
	if err != nil {
		return err
	}
	fmt.Println("missing:", missing.StatusCode(), *missing.JSON404.Error)

	deleted, err := client.DeleteConversationWithResponse(ctx, conversation.Id)
	if err != nil {
		return err
	}
	fmt.Println("deleted:", *deleted.JSON200.Success)
	return nil
}

func send(
	client *chatroutes.ClientWithResponses, conversationID string, message chatroutes.SendMessageRequest,
) (*chatroutes.Message, error) {
	sent, err := client.SendMessageWithResponse(ctx, conversationID, nil, message)
	if err != nil {
		return nil, err
	}
	reply := sent.JSON200.Data.AssistantMessage
	if reply == nil {
		reply = sent.JSON200.Data.Message
	}
	_, quoted, _ := strings.Cut(reply.Content, "You wrote: ")
	fmt.Println("replied:", quoted)
	return reply, nil
}
