<?php
// A conversation with the client that openapi-generator generates for PHP.

declare(strict_types=1);

use ChatRoutes\Api\ConversationsApi;
use ChatRoutes\Api\MessagesApi;
use ChatRoutes\ApiException;
use ChatRoutes\Configuration;
use ChatRoutes\Model\CreateConversationRequest;
use ChatRoutes\Model\SendMessageRequest;
use ChatRoutes\Model\TreeFormat;

// In place of Composer's autoloader: Debian's package of Guzzle has one, and the client is in generated/lib.
require 'GuzzleHttp/autoload.php';
spl_autoload_register(function (string $class): void {
    require __DIR__ . '/generated/lib/' . strtr(substr($class, strlen('ChatRoutes\\')), '\\', '/') . '.php';
});

$configuration = (new Configuration())
    ->setHost(getenv('CHATROUTES_BASE_URL'))
    ->setApiKey('X-API-Key', getenv('CHATROUTES_API_KEY'));
$conversations = new ConversationsApi(config: $configuration);
$messages = new MessagesApi(config: $configuration);

$request = new CreateConversationRequest(['title' => 'Grüße 🌿']);
$conversation = $conversations->createConversation($request)->getData()->getConversation();
echo "created: {$conversation->getTitle()}\n";

$request = new SendMessageRequest(['content' => 'Hello']);
$sent = $messages->sendMessage($conversation->getId(), $request)->getData();
// The documented dialect has the reply as `assistantMessage`, the compact dialect as `message`.
$reply = $sent->getAssistantMessage() ?? $sent->getMessage();
echo 'replied: ', explode('You wrote: ', $reply->getContent())[1], "\n";

$listed = $conversations->listConversations(1, 10);
// In the compact dialect, the fields of the page are beside `success`.
$page = ($listed->getData() ?? $listed)->getConversations();
echo 'listed: ', count($page), ", {$page[0]->getTitle()}\n";

$tree = $conversations->getConversationTree(getenv('LONG_CONVERSATION_ID'), TreeFormat::FLAT)->getData();
$nodes = $tree->getNodes();
echo 'tree: ', count($nodes), " messages, {$nodes[count($nodes) - 1]->getDepth()} deep\n";

try {
    $conversations->getConversation('no/such conversation');
    throw new LogicException('expected an API error');
} catch (ApiException $error) {
    echo "missing: {$error->getCode()} {$error->getResponseObject()->getError()}\n";
}

$deleted = $conversations->deleteConversation($conversation->getId());
echo 'deleted: ', json_encode($deleted->getSuccess()), "\n";
