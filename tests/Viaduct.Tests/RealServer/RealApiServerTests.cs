using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Kube.Api;
using Viaduct.Kube.Config;
using Viaduct.Kube.Http;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;
using Viaduct.Tests.Fakes;

namespace Viaduct.Tests.RealServer;

/// <summary>What <see cref="HttpKubeApi"/> and those who follow collections by it do with a real API server.</summary>
public sealed class RealApiServerTests : IAsyncLifetime
{
    private RealApiServer _server = null!;
    private HttpKubeApi _api = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await RealApiServer.StartAsync();
        _api = _server.Connect();
    }

    public async ValueTask DisposeAsync()
    {
        _api?.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    [Fact]
    public async Task What_was_created_can_be_got_listed_patched_and_deleted()
    {
        var made = await _api.CreateAsync(Named("a", "1"), Ct);
        Assert.NotNull(made.Metadata.Uid);
        Assert.Equal(made.Metadata.Uid, (await _api.GetAsync<StoredObject>(null, "a", Ct)).Metadata.Uid);
        await _api.CreateAsync(Named("b", "2"), Ct);
        Assert.Equal(["a"], (await _api.ListAsync<StoredObject>(new ListQuery { LabelSelector = "value in (1)" }, Ct)).Items.Select(o => o.Metadata.Name));
        Assert.Equal(["b"], (await _api.ListAsync<StoredObject>(new ListQuery { FieldSelector = "metadata.name!=a" }, Ct)).Items.Select(o => o.Metadata.Name));
        var patched = await _api.PatchAsync<StoredObject>(null, "a", Annotated("more", "3"), null, Ct);
        Assert.Equal("3", patched.Metadata.Annotations!["more"]);
        Assert.Equal("1", patched.Metadata.Labels!["value"]);
        await _api.DeleteAsync<StoredObject>(null, "a", DeleteQuery.Default, Ct);
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => _api.GetAsync<StoredObject>(null, "a", Ct))).IsNotFound);
    }

    [Fact]
    public async Task Refusals_say_what_they_are()
    {
        var made = await _api.CreateAsync(Named("a", "1"), Ct);
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => _api.CreateAsync(Named("a", "1"), Ct))).IsAlreadyExists);
        await _api.PatchAsync<StoredObject>(null, "a", Annotated("more", "3"), null, Ct);
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => _api.UpdateAsync(made, Ct))).IsConflict);
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => _api.DeleteAsync<StoredObject>(null, "nobody", DeleteQuery.Default, Ct))).IsNotFound);
    }

    [Fact]
    public async Task Who_may_not_ask_is_told_so()
    {
        using var stranger = HttpKubeApi.FromKubeconfig(Kubeconfig.Load(_server.KubeconfigPath) with { Token = "wrong" });
        var refusal = await Assert.ThrowsAsync<KubeApiException>(() => stranger.ListAsync<StoredObject>(ListQuery.All, Ct));
        Assert.Equal((403, "Forbidden"), (refusal.Status.Code, refusal.Status.Reason));
        Assert.Contains("system:anonymous", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_from_a_list_tells_all_that_follows()
    {
        await _api.CreateAsync(Named("before", "1"), Ct);
        var query = new ListQuery { LabelSelector = "value" };
        var version = (await _api.ListAsync<StoredObject>(query, Ct)).Metadata.ResourceVersion!;
        var told = ToldAsync(query, version, "Deleted a");
        await _api.CreateAsync(Named("a", "1"), Ct);
        await _api.PatchAsync<StoredObject>(null, "a", Annotated("more", "3"), null, Ct);
        await _api.DeleteAsync<StoredObject>(null, "a", DeleteQuery.Default, Ct);
        // This server's store begins each watch with what there is.
        Assert.Equal(["Added before", "Added a", "Modified a", "Deleted a"], await told);
    }

    [Fact]
    public async Task A_list_read_in_pages_has_every_object_once()
    {
        for (var i = 0; i < 7; i++)
            await _api.CreateAsync(Named($"o{i}", "1"), Ct);
        var names = new List<string>();
        var end = new ListMeta();
        do
            end = await _api.ListPageAsync<StoredObject>(ListQuery.All, new ListPage(3, end.Continue), o => names.Add(o.Metadata.Name!), Ct);
        while (end.Continue is { Length: > 0 });
        Assert.Equal(["o0", "o1", "o2", "o3", "o4", "o5", "o6"], names.Order());
    }

    // This server has the gate WatchList off, and refuses a streamed list: the reflector then lists and watches.
    [Fact]
    public async Task A_reflector_follows_a_collection()
    {
        await _api.CreateAsync(Named("a", "1"), Ct);
        var refusal = await Assert.ThrowsAsync<KubeApiException>(() => _api.WatchListAsync<StoredObject>(ListQuery.All, Ct).GetAsyncEnumerator(Ct).MoveNextAsync().AsTask());
        Assert.Equal(422, refusal.Status.Code);
        var consumer = new RecordingConsumer<StoredObject>();
        using var stop = new CancellationTokenSource();
        var running = new Reflector<StoredObject>(_api, ListQuery.All, consumer, NullLogger.Instance).RunAsync(stop.Token);
        await consumer.ToldAsync("end");
        await _api.CreateAsync(Named("b", "1"), Ct);
        await consumer.ToldAsync("+b");
        await _api.DeleteAsync<StoredObject>(null, "a", DeleteQuery.Default, Ct);
        await consumer.ToldAsync("-a");
        await stop.CancelAsync();
        await running;
    }

    private async Task<List<string>> ToldAsync(ListQuery query, string version, string last)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        var told = new List<string>();
        try
        {
            await foreach (var (type, value) in _api.WatchAsync<StoredObject>(query, version, limit.Token))
            {
                if (type != WatchEventType.Bookmark)
                    told.Add($"{type} {value.Metadata.Name}");
                if (told.LastOrDefault() == last)
                    break;
            }
        }
        catch (OperationCanceledException)
        {
            told.Add("(nothing more within 30 s)");
        }

        return told;
    }

    private static StoredObject Named(string name, string value) => new() { Metadata = new() { Name = name, Labels = new Dictionary<string, string> { ["value"] = value } } };

    private static JsonObject Annotated(string name, string value) => new() { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [name] = value } } };
}
