//! A conversation with the client that openapi-generator generates for Rust.

use std::env;
use std::error::Error;

use chatroutes::apis::{
    branches_api, configuration::Configuration, conversations_api, messages_api, Error as ApiError,
};
use chatroutes::models;
use reqwest::header::{HeaderMap, HeaderValue, AUTHORIZATION};

const MISSING: &str = "a field is missing";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let configuration = configure(&env::var("CHATROUTES_BASE_URL")?, &env::var("CHATROUTES_API_KEY")?)?;

    let request = models::CreateConversationRequest::new("Grüße 🌿".to_owned());
    let created = conversations_api::create_conversation(&configuration, request, None)?;
    let conversation = created.data.and_then(|data| data.conversation).ok_or(MISSING)?;
    println!("created: {}", conversation.title);

    let request = models::SendMessageRequest::new("Hello".to_owned());
    let reply = send(&configuration, &conversation.id, request)?;

    let mut fork = models::ForkConversationRequest::new(reply.id, "Another way".to_owned());
    fork.context_mode = Some(models::ContextMode::Minimal);
    let forked = branches_api::fork_conversation(&configuration, &conversation.id, fork, None)?;
    let branch = forked.data.and_then(|data| data.branch).ok_or(MISSING)?;
    println!("forked: {}", branch.title);
    let mut request = models::SendMessageRequest::new("And now?".to_owned());
    request.branch_id = Some(Some(branch.id));
    send(&configuration, &conversation.id, request)?;

    let listed = conversations_api::list_conversations(&configuration, Some(1), Some(10), None)?;
    // In the compact dialect, the fields of the page are beside `success`.
    let page = listed.data.map(|data| data.conversations).or(listed.conversations).unwrap_or_default();
    println!("listed: {}, {}", page.len(), page[0].title);

    let tree = conversations_api::get_conversation_tree(&configuration, &conversation.id)?;
    let tree = tree.data.ok_or(MISSING)?;
    let (nodes, size) = (count(&tree.tree.ok_or(MISSING)?.children), tree.metadata.ok_or(MISSING)?);
    println!("tree: {} of {} messages on {} branches", nodes, size.total_nodes, size.total_branches);

    match conversations_api::get_conversation(&configuration, "no/such conversation") {
        Err(ApiError::ResponseError(error)) => {
            // `entity` is always the first variant of the error, whatever the status.
            let body: models::ErrorResponse = serde_json::from_str(&error.content)?;
            println!("missing: {} {}", error.status.as_u16(), body.error.unwrap_or_default());
        }
        other => return Err(format!("expected an API error, got {other:?}").into()),
    }

    let deleted = conversations_api::delete_conversation(&configuration, &conversation.id)?;
    println!("deleted: {}", deleted.success.unwrap_or_default());
    Ok(())
}

fn configure(base_url: &str, api_key: &str) -> Result<Configuration> {
    let mut key = HeaderValue::from_str(&format!("ApiKey {api_key}"))?;
    key.set_sensitive(true);
    let headers = HeaderMap::from_iter([(AUTHORIZATION, key)]);
    let client = reqwest::blocking::Client::builder().default_headers(headers).build()?;
    Ok(Configuration { base_path: base_url.to_owned(), client, ..Configuration::default() })
}

fn send(
    configuration: &Configuration,
    conversation_id: &str,
    request: models::SendMessageRequest,
) -> Result<models::Message> {
    let sent = messages_api::send_message(configuration, conversation_id, request, None)?.data.ok_or(MISSING)?;
    // The documented dialect has the reply as `assistantMessage`, the compact dialect as `message`.
    let reply = *sent.assistant_message.or(sent.message).ok_or(MISSING)?;
    let quoted = reply.content.split("You wrote: ").nth(1).unwrap_or_default();
    println!("replied: {quoted}");
    Ok(reply)
}

fn count(nodes: &[models::TreeNode]) -> usize {
    nodes.iter().map(|node| 1 + count(&node.children)).sum()
}
