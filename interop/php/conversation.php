<?php
// A conversation with the client that openapi-generator generates for PHP.

declare(strict_types=1);

use ChatRoutes\Api\BranchesApi;
use ChatRoutes\Api\ConversationsApi;
use ChatRoutes\Api\MessagesApi;
use ChatRoutes\ApiException;
use ChatRoutes\Configuration;
use ChatRoutes\Model\ContextMode;
use ChatRoutes\Model\CreateConversationRequest;
use ChatRoutes\Model\ForkConversationRequest;
use ChatRoutes\Model\Message;
use ChatRoutes\Model\SendMessageRequest;
use ChatRoutes\Model\TreeFormat;

// As Composer would: Debian's package of Guzzle has its own autoloader.
require 'GuzzleHttp/autoload.php';
spl_autoload_register(function (string $class): void {
    require __DIR__ . '/generated/lib/' . strtr(substr($class, strlen('ChatRoutes\\')), '\\', '/') . '.php';
});

$configuration = (new Configuration())
    ->setHost(getenv('CHATROUTES_BASE_URL'))
    ->setApiKey('X-API-Key', getenv('CHATROUTES_API_KEY'));
$conversations = new ConversationsApi(config: $configuration);
$messages = new MessagesApi(config: $configuration);

$send = function (string $conversationId, array $fields) use ($messages): Message {
    $sent = $messages->sendMessage($conversationId, new SendMessageRequest($fields))->getData();
    $reply = $sent->getAssistantMessage() ?? $sent->getMessage();
    echo 'replied: ', explode('You wrote: ', $reply->getContent())[1], "\n";
    return $reply;
};
$printTree = function (string $conversationId) use ($conversations): void {
    $tree = $conversations->getConversationTree($conversationId, TreeFormat::FLAT)->getData();
    $size = $tree->getMetadata();
    $nodes = count($tree->getNodes());
    echo "tree: $nodes of {$size->getTotalNodes()} messages on {$size->getTotalBranches()} branches\n";
};

$request = new CreateConversationRequest(['title' => 'Grüße 🌿']);
$conversation = $conversations->createConversation($request)->getData()->getConversation();
$id = $conversation->getId();
echo "created: {$conversation->getTitle()}\n";

$reply = $send($id, ['content' => 'Hello']);
$fork = new ForkConversationRequest([
    'fork_point_message_id' => $reply->getId(),
    'title' => 'Another way',
    'context_mode' => ContextMode::MINIMAL,
]);
$branch = (new BranchesApi(config: $configuration))->forkConversation($id, $fork)->getData()->getBranch();
echo "forked: {$branch->getTitle()}\n";
$send($id, ['content' => 'And now?', 'branch_id' => $branch->getId()]);

$listed = $conversations->listConversations(1, 10);
// In the compact dialect, the fields of the page are beside `success`.
$page = ($listed->getData() ?? $listed)->getConversations();
echo 'listed: ', count($page), ", {$page[0]->getTitle()}\n";

$printTree($id);
$printTree(getenv('LONG_CONVERSATION_ID'));

try {
    $conversations->getConversation('no/such conversation');
    throw new LogicException('expected an API error');
} catch (ApiException $error) {
    echo "missing: {$error->getCode()} {$error->getResponseObject()->getError()}\n";
}

echo 'deleted: ', json_encode($conversations->deleteConversation($id)->getSuccess()), "\n";
