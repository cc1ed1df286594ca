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

func main() {
	ctx := context.Background()
	authenticate := func(_ context.Context, request *http.Request) error {
		request.Header.Set("X-API-Key", os.Getenv("CHATROUTES_API_KEY"))
		return nil
	}
	client := must(chatroutes.NewClientWithResponses(
		os.Getenv("CHATROUTES_BASE_URL"), chatroutes.WithRequestEditorFn(authenticate)))

	created := must(client.CreateConversationWithResponse(
		ctx, nil, chatroutes.CreateConversationRequest{Title: "Grüße 🌿"}))
	conversation := created.JSON201.Data.Conversation
	fmt.Println("created:", conversation.Title)

	sent := must(client.SendMessageWithResponse(
		ctx, conversation.Id, nil, chatroutes.SendMessageRequest{Content: "Hello"}))
	// The documented dialect has the reply as `assistantMessage`, the compact dialect as `message`.
	reply := sent.JSON200.Data.AssistantMessage
	if reply == nil {
		reply = sent.JSON200.Data.Message
	}
	_, quoted, _ := strings.Cut(reply.Content, "You wrote: ")
	fmt.Println("replied:", quoted)

	number, limit := 1, 10
	listed := must(client.ListConversationsWithResponse(
		ctx, &chatroutes.ListConversationsParams{Page: &number, Limit: &limit})).JSON200
	// In the compact dialect, the fields of the page are beside `success`.
	page := listed.Conversations
	if listed.Data != nil {
		page = &listed.Data.Conversations
	}
	fmt.Printf("listed: %d, %s\n", len(*page), (*page)[0].Title)

	format := chatroutes.Flat
	tree := must(client.GetConversationTreeWithResponse(
		ctx, os.Getenv("LONG_CONVERSATION_ID"), &chatroutes.GetConversationTreeParams{Format: &format}))
	nodes := *tree.JSON200.Data.Nodes
	fmt.Printf("tree: %d messages, %d deep\n", len(nodes), nodes[len(nodes)-1].Depth)

	missing := must(client.GetConversationWithResponse(ctx, "no/such conversation"))
	fmt.Println("missing:", missing.StatusCode(), *missing.JSON404.Error)

	deleted := must(client.DeleteConversationWithResponse(ctx, conversation.Id))
	fmt.Println("deleted:", *deleted.JSON200.Success)
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
