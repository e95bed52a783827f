//! A kube-rs operator that reconciles ConfigMaps and counts, for the benchmark: everything at its defaults.

use std::fmt::Debug;
use std::fs::OpenOptions;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::serde::de::DeserializeOwned;
use kube::api::{Patch, PatchParams};
use kube::core::PartialObjectMeta;
use kube::runtime::controller::{Action, Controller};
use kube::runtime::watcher;
use kube::{Api, Client, Resource, ResourceExt};

const REMEMBERED: u64 = 65_536;

/// Writes how often the reconciler ran, when it last did, and for what, into the file that the runner maps.
struct Counter {
    words: &'static [AtomicU64],
    next: AtomicU64,
    /// Also PATCH one label of each object, as the benchmark of writes asks for.
    patches: Option<Client>,
}

impl Counter {
    fn count(&self, name: &str) {
        let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `now` is a valid timespec for the call to fill.
        unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
        let at = (now.tv_sec as f64 + now.tv_nsec as f64 / 1e9).to_bits();
        let run = self.next.fetch_add(1, Ordering::Relaxed);
        if run < REMEMBERED {
            let place = 2 + 2 * run as usize;
            self.words[place].store(name[9..].parse().unwrap_or(0), Ordering::Relaxed);
            self.words[place + 1].store(at, Ordering::Relaxed);
        }
        self.words[1].store(at, Ordering::Relaxed);
        self.words[0].fetch_add(1, Ordering::Release);
    }
}

fn mapped(patches: Option<Client>) -> Result<Counter, Box<dyn std::error::Error>> {
    let path = std::env::var("BENCH_COUNTER")?;
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    // SAFETY: the runner keeps the file at its size while this process lives.
    let map = Box::leak(Box::new(unsafe { memmap2::MmapMut::map_mut(&file)? }));
    let words = map.as_mut_ptr().cast::<AtomicU64>();
    // SAFETY: a mapping is aligned to a page, is that long, and is never unmapped.
    let words = unsafe { std::slice::from_raw_parts(words, 2 + 2 * REMEMBERED as usize) };
    Ok(Counter { words, next: AtomicU64::new(0), patches })
}

async fn reconcile<K: Resource>(object: Arc<K>, counter: Arc<Counter>) -> Result<Action, kube::Error> {
    if let Some(client) = &counter.patches {
        let api: Api<ConfigMap> = Api::namespaced(client.clone(), &object.namespace().unwrap_or_default());
        let patch = label_patch();
        api.patch(&object.name_any(), &PatchParams::default(), &Patch::Merge(patch)).await?;
    }
    counter.count(&object.name_any());
    Ok(Action::await_change())
}

fn label_patch() -> k8s_openapi::serde_json::Value {
    k8s_openapi::serde_json::from_str(r#"{"metadata":{"labels":{"seen":"yes"}}}"#).unwrap_or_default()
}

async fn operate<K>(client: Client, counter: Arc<Counter>)
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
{
    Controller::new(Api::<K>::all(client), watcher::Config::default())
        .shutdown_on_signal()
        .run(reconcile, |_, _, _| Action::requeue(Duration::from_secs(1)), counter)
        .for_each(|_| async {})
        .await;
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::try_default().await?;
    let has = |argument: &str| std::env::args().any(|word| word == argument);
    let counter = Arc::new(mapped(has("--handler=patch").then(|| client.clone()))?);
    if has("--view=metadata") {
        operate::<PartialObjectMeta<ConfigMap>>(client, counter).await;
    } else {
        operate::<ConfigMap>(client, counter).await;
    }
    Ok(())
}
