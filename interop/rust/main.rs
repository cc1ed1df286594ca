//! A conversation with the client that openapi-generator generates for Rust.

use std::env::var;
use std::error::Error;

use chatroutes::apis::{configuration::Configuration, conversations_api, messages_api, Error as ApiError};
use chatroutes::models;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

const MISSING: &str = "a field is missing";

fn main() -> Result<(), Box<dyn Error>> {
    // The `api_key` of the configuration would be sent as `Authorization` too, without the word `ApiKey`.
    let key = HeaderValue::from_str(&var("CHATROUTES_API_KEY")?)?;
    let headers = HeaderMap::from_iter([(HeaderName::from_static("x-api-key"), key)]);
    let http = reqwest::blocking::Client::builder().default_headers(headers).build()?;
    let base_path = var("CHATROUTES_BASE_URL")?;
    let client = Configuration { base_path, client: http, ..Configuration::default() };

    let request = models::CreateConversationRequest::new("Grüße 🌿".to_owned());
    let created = conversations_api::create_conversation(&client, request, None)?;
    let conversation = created.data.and_then(|data| data.conversation).ok_or(MISSING)?;
    println!("created: {}", conversation.title);

    let request = models::SendMessageRequest::new("Hello".to_owned());
    let sent = messages_api::send_message(&client, &conversation.id, request, None)?.data.ok_or(MISSING)?;
    // The documented dialect has the reply as `assistantMessage`, the compact dialect as `message`.
    let reply = sent.assistant_message.or(sent.message).ok_or(MISSING)?;
    println!("replied: {}", reply.content.split("You wrote: ").nth(1).unwrap_or_default());

    let listed = conversations_api::list_conversations(&client, Some(1), Some(10), None)?;
    // In the compact dialect, the fields of the page are beside `success`.
    let page = listed.data.map(|data| data.conversations).or(listed.conversations).unwrap_or_default();
    println!("listed: {}, {}", page.len(), page[0].title);

    let id = var("LONG_CONVERSATION_ID")?;
    let tree = conversations_api::get_conversation_tree(&client, &id, Some(models::TreeFormat::Flat))?;
    let nodes = tree.data.and_then(|data| data.nodes).ok_or(MISSING)?;
    println!("tree: {} messages, {} deep", nodes.len(), nodes.last().map_or(0, |node| node.depth));

    match conversations_api::get_conversation(&client, "no/such conversation") {
        Err(ApiError::ResponseError(error)) => {
            // `entity` is always the first variant of the error, whatever the status.
            let body: models::ErrorResponse = serde_json::from_str(&error.content)?;
            println!("missing: {} {}", error.status.as_u16(), body.error.unwrap_or_default());
        }
        other => return Err(format!("expected an API error, got {other:?}").into()),
    }

    let deleted = conversations_api::delete_conversation(&client, &conversation.id)?;
    println!("deleted: {}", deleted.success.unwrap_or_default());
    Ok(())
}
