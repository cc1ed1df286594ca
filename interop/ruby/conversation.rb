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
CONVERSATIONS = ChatRoutes::ConversationsApi.new
MESSAGES = ChatRoutes::MessagesApi.new

def send_message(conversation_id, **fields)
  sent = MESSAGES.send_message(conversation_id, ChatRoutes::SendMessageRequest.new(fields)).data
  reply = sent.assistant_message || sent.message
  puts "replied: #{reply.content.split('You wrote: ')[1]}"
  reply
end

def print_tree(conversation_id)
  tree = CONVERSATIONS.get_conversation_tree(conversation_id, format: ChatRoutes::TreeFormat::FLAT).data
  size = tree.metadata
  puts "tree: #{tree.nodes.size} of #{size.total_nodes} messages on #{size.total_branches} branches"
end

request = ChatRoutes::CreateConversationRequest.new(title: "Grüße 🌿")
conversation = CONVERSATIONS.create_conversation(request).data.conversation
puts "created: #{conversation.title}"

reply = send_message(conversation.id, content: "Hello")
fork = ChatRoutes::ForkConversationRequest.new(
  fork_point_message_id: reply.id, title: "Another way", context_mode: ChatRoutes::ContextMode::MINIMAL
)
branch = ChatRoutes::BranchesApi.new.fork_conversation(conversation.id, fork).data.branch
puts "forked: #{branch.title}"
send_message(conversation.id, content: "And now?", branch_id: branch.id)

listed = CONVERSATIONS.list_conversations(page: 1, limit: 10)
# In the compact dialect, the fields of the page are beside `success`.
page = (listed.data || listed).conversations
puts "listed: #{page.size}, #{page[0].title}"

print_tree(conversation.id)
print_tree(ENV.fetch("LONG_CONVERSATION_ID"))

begin
  CONVERSATIONS.get_conversation("no/such conversation")
  raise "expected an API error"
rescue ChatRoutes::ApiError => error
  puts "missing: #{error.code} #{JSON.parse(error.response_body)['error']}"
end

puts "deleted: #{CONVERSATIONS.delete_conversation(conversation.id).success}"
