using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Kube.Api;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Tests.KubeServer;

public sealed class ObjectStoreTests : IDisposable
{
    private static readonly ObjectStoreOptions Small = new() { ReplayCapacity = 10, CompactEvery = 5 };

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Revisions_are_one_sequence_over_all_resources()
    {
        await using var store = Open();
        await Put(store, "pods", "a");
        await Put(store, "nodes", "b");
        var last = await Put(store, "pods", "a");
        Assert.Equal(3, last.Revision);
        Assert.Equal("3", last.Root.GetProperty("metadata").GetProperty("resourceVersion").GetString());
        Assert.Equal(3, store.State.Revision);
    }

    [Fact]
    public async Task The_same_file_gives_the_same_objects_and_revisions()
    {
        await using (var store = Open())
        {
            await Put(store, "pods", "a");
            await Put(store, "pods", "b");
            await Put(store, "pods", "a");
            await Delete(store, "pods", "b");
        }
        await using var again = Open();
        Assert.Equal(4, again.State.Revision);
        var only = Assert.Single(again.State.List("pods"));
        Assert.Equal((3, "a"), (only.Revision, only.Key.Name));
        Assert.Equal(5, (await Put(again, "pods", "c")).Revision);
    }

    [Fact]
    public async Task A_restarted_store_replays_the_changes_from_before()
    {
        await using (var store = Open())
        {
            await Put(store, "pods", "a");
            await Put(store, "pods", "a");
            await Delete(store, "pods", "a");
        }
        await using var again = Open();
        using var watch = again.Watch("pods", 1);
        Assert.Equal([StoreEventType.Modified, StoreEventType.Deleted], Read(watch).Select(e => e.Type));
    }

    [Fact]
    public async Task A_watch_replays_what_came_after_its_revision_and_then_follows()
    {
        await using var store = Open();
        await Put(store, "pods", "a");
        await Put(store, "pods", "b");
        await Put(store, "nodes", "n");
        using var watch = store.Watch("pods", 1);
        await Delete(store, "pods", "a");
        Assert.Equal([(StoreEventType.Added, 2L), (StoreEventType.Deleted, 4L)], Read(watch).Select(e => (e.Type, e.Revision)));
    }

    [Fact]
    public async Task A_deletion_carries_the_last_state_and_its_own_revision()
    {
        await using var store = Open();
        await Put(store, "pods", "a");
        using var watch = store.Watch("pods", 1);
        await Delete(store, "pods", "a");
        var deleted = Assert.Single(Read(watch));
        Assert.Equal("2", deleted.Object.Root.GetProperty("metadata").GetProperty("resourceVersion").GetString());
        Assert.Equal("a", deleted.Object.Root.GetProperty("metadata").GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_revision_that_is_no_longer_remembered_is_expired()
    {
        await using var store = Open(Small);
        for (var i = 0; i < 30; i++)
            await Put(store, "pods", "a");
        var failure = Assert.Throws<KubeApiException>(() => store.Watch("pods", 5));
        Assert.True(failure.IsExpired);
        Assert.Equal("Expired", failure.Status.Reason);
        using var recent = store.Watch("pods", 25);
        Assert.Equal(5, Read(recent).Count);
    }

    [Fact]
    public async Task A_revision_of_the_future_is_a_timeout_that_names_its_cause()
    {
        await using var store = Open();
        var failure = Assert.Throws<KubeApiException>(() => store.Watch("pods", 99));
        Assert.Equal((504, "Timeout"), (failure.Status.Code, failure.Status.Reason));
        Assert.Equal("ResourceVersionTooLarge", Assert.Single(failure.Status.Details!.Causes!).Reason);
    }

    [Fact]
    public async Task Compaction_removes_superseded_rows_and_keeps_objects_and_the_sequence()
    {
        await using (var store = Open(Small))
        {
            await Put(store, "pods", "kept");
            for (var i = 0; i < 40; i++)
                await Put(store, "pods", "busy");
            await Put(store, "pods", "last");
            for (var i = 0; i < 12; i++)
                await Delete(store, "pods", $"gone-{i}", create: true);
        }
        using (var log = StoreLog.Open(_directory.File("state.db")))
        {
            Assert.InRange(log.ReadAll().Count(), 3, 40);
            Assert.True(log.CompactedRevision > 40);
        }
        await using var again = Open(Small);
        Assert.Equal(["busy", "kept", "last"], again.State.List("pods").Select(p => p.Key.Name));
        Assert.Equal(66, again.State.Revision);
        Assert.Equal(1, again.State.Get(Key("pods", "kept"))!.Revision);
        Assert.True(Assert.Throws<KubeApiException>(() => again.Watch("pods", 3)).IsExpired);
    }

    [Fact]
    public async Task A_change_that_throws_leaves_nothing_and_undoes_its_side_effects()
    {
        await using var store = Open();
        var undone = false;
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => store.WriteAsync<bool>(transaction =>
        {
            transaction.Put(Key("pods", "a"), New("a"));
            transaction.OnRollback(() => undone = true);
            throw new InvalidOperationException("no");
        }));
        Assert.Equal("no", failure.Message);
        Assert.True(undone);
        Assert.Equal(0, store.State.Revision);
        Assert.Empty(store.State.List("pods"));
    }

    [Fact]
    public async Task A_dry_run_answers_and_leaves_nothing()
    {
        await using var store = Open();
        var answer = await store.WriteAsync(t => t.Put(Key("pods", "a"), New("a")), dryRun: true);
        Assert.Equal("a", answer.Key.Name);
        Assert.Empty(store.State.List("pods"));
    }

    [Fact]
    public async Task Concurrent_writers_lose_nothing_and_see_each_other()
    {
        await using var store = Open();
        await Put(store, "counters", "c");
        await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => store.WriteAsync(transaction =>
        {
            var value = transaction.Get(Key("counters", "c"))!.ToObject();
            value["count"] = (value["count"]?.GetValue<int>() ?? 0) + 1;
            return transaction.Put(Key("counters", "c"), value);
        })));
        Assert.Equal(500, store.State.Get(Key("counters", "c"))!.Root.GetProperty("count").GetInt32());
        Assert.Equal(501, store.State.Revision);
    }

    [Fact]
    public async Task Closing_ends_the_watches()
    {
        var store = Open();
        using var watch = store.Watch("pods", 0);
        await store.DisposeAsync();
        Assert.False(await watch.Changes.WaitToReadAsync(TestContext.Current.CancellationToken));
    }

    private ObjectStore Open(ObjectStoreOptions? options = null) =>
        ObjectStore.Open(_directory.File("state.db"), options ?? new ObjectStoreOptions(), NullLogger.Instance);

    private static StoreKey Key(string resource, string name) => new(resource, "", name);

    private static JsonObject New(string name) => new() { ["metadata"] = new JsonObject { ["name"] = name } };

    private static Task<StoredObject> Put(ObjectStore store, string resource, string name) =>
        store.WriteAsync(t => t.Put(Key(resource, name), New(name)));

    private static Task<StoredObject> Delete(ObjectStore store, string resource, string name, bool create = false) => store.WriteAsync(t =>
    {
        if (create)
            t.Put(Key(resource, name), New(name));
        return t.Delete(Key(resource, name), t.Get(Key(resource, name))!.ToObject());
    });

    private static List<StoreEvent> Read(StoreWatch watch)
    {
        var events = new List<StoreEvent>();
        while (watch.Changes.TryRead(out var change))
            events.Add(change);
        return events;
    }
}
