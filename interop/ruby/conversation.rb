# A conversation with the client that openapi-generator generates for Ruby.

require "chatroutes"
require "json"
require "uri"

base_url = URI(ENV.fetch("CHATROUTES_BASE_URL"))
ChatRoutes.configure do |config|
  config.server_index = nil # use the following instead of the servers of the contract
  config.scheme = base_url.scheme
  config.host = "#{base_url.host}:#{base_url.port}"
  config.base_path = base_url.path
  config.api_key["X-API-Key"] = ENV.fetch("CHATROUTES_API_KEY")
end
conversations = ChatRoutes::ConversationsApi.new

request = ChatRoutes::CreateConversationRequest.new(title: "Grüße 🌿")
conversation = conversations.create_conversation(request).data.conversation
puts "created: #{conversation.title}"

request = ChatRoutes::SendMessageRequest.new(content: "Hello")
sent = ChatRoutes::MessagesApi.new.send_message(conversation.id, request).data
# The documented dialect has the reply as `assistantMessage`, the compact dialect as `message`.
reply = sent.assistant_message || sent.message
puts "replied: #{reply.content.split('You wrote: ')[1]}"

listed = conversations.list_conversations(page: 1, limit: 10)
# In the compact dialect, the fields of the page are beside `success`.
page = (listed.data || listed).conversations
puts "listed: #{page.size}, #{page[0].title}"

id = ENV.fetch("LONG_CONVERSATION_ID")
tree = conversations.get_conversation_tree(id, format: ChatRoutes::TreeFormat::FLAT).data
puts "tree: #{tree.nodes.size} messages, #{tree.nodes.last.depth} deep"

begin
  conversations.get_conversation("no/such conversation")
  raise "expected an API error"
rescue ChatRoutes::ApiError => error
  puts "missing: #{error.code} #{JSON.parse(error.response_body)['error']}"
end

puts "deleted: #{conversations.delete_conversation(conversation.id).success}"
