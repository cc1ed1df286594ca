// A conversation with the client that openapi-generator generates for Go.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"

	chatroutes "example.com/chatroutes/client"
)

func main() {
	ctx := context.Background()
	configuration := chatroutes.NewConfiguration()
	configuration.Servers = chatroutes.ServerConfigurations{{URL: os.Getenv("CHATROUTES_BASE_URL")}}
	configuration.AddDefaultHeader("X-API-Key", os.Getenv("CHATROUTES_API_KEY"))
	client := chatroutes.NewAPIClient(configuration)

	created := must(client.ConversationsAPI.CreateConversation(ctx).
		CreateConversationRequest(*chatroutes.NewCreateConversationRequest("Grüße 🌿")).Execute())
	conversation := created.Data.Conversation
	fmt.Println("created:", conversation.Title)

	sent := must(client.MessagesAPI.SendMessage(ctx, conversation.Id).
		SendMessageRequest(*chatroutes.NewSendMessageRequest("Hello")).Execute())
	// The documented dialect has the reply as `assistantMessage`, the compact dialect as `message`.
	reply := sent.Data.AssistantMessage
	if reply == nil {
		reply = sent.Data.Message
	}
	_, quoted, _ := strings.Cut(reply.Content, "You wrote: ")
	fmt.Println("replied:", quoted)

	listed := must(client.ConversationsAPI.ListConversations(ctx).Page(1).Limit(10).Execute())
	// In the compact dialect, the fields of the page are beside `success`.
	page := listed.Conversations
	if listed.HasData() {
		page = listed.Data.Conversations
	}
	fmt.Printf("listed: %d, %s\n", len(page), page[0].Title)

	tree := must(client.ConversationsAPI.GetConversationTree(ctx, os.Getenv("LONG_CONVERSATION_ID")).
		Format(chatroutes.FLAT).Execute()).Data
	fmt.Printf("tree: %d messages, %d deep\n", len(tree.Nodes), tree.Nodes[len(tree.Nodes)-1].Depth)

	_, response, err := client.ConversationsAPI.GetConversation(ctx, "no/such conversation").Execute()
	var apiError *chatroutes.GenericOpenAPIError
	if !errors.As(err, &apiError) {
		log.Fatal("expected an API error, got: ", err)
	}
	errorResponse := apiError.Model().(chatroutes.ErrorResponse)
	fmt.Println("missing:", response.StatusCode, errorResponse.GetError())

	deleted := must(client.ConversationsAPI.DeleteConversation(ctx, conversation.Id).Execute())
	fmt.Println("deleted:", deleted.GetSuccess())
}

func must[T any](body T, _ *http.Response, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return body
}
