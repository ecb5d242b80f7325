using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;
using Viaduct.Tests.Fakes;

namespace Viaduct.Tests.Kube;

public sealed class InformerTests : IAsyncDisposable
{
    private readonly FakeKubeApi _api = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _told = [];
    private Informer<ConfigMap>? _informer;
    private Task _running = Task.CompletedTask;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_tells_the_list_first_and_is_then_synced()
    {
        await Create("a");
        await Create("b");
        await StartAsync();
        Assert.Equal(["+a", "+b"], _told);
        Assert.Equal(["a", "b"], _informer!.Items.Keys.Select(k => k.Name).Order());
    }

    [Fact]
    public async Task Changes_are_told_once_and_in_order()
    {
        await StartAsync();
        await Create("a");
        await Patch("a", "1");
        await Patch("a", "1"); // changes nothing
        await Patch("a", "2");
        await _api.DeleteAsync<ConfigMap>("default", "a", DeleteQuery.Default, Ct);
        await Told("-a");
        Assert.Equal(["+a", "~a 1", "~a 2", "-a"], _told);
    }

    [Fact]
    public async Task A_watch_that_ends_goes_on_where_it_was()
    {
        await StartAsync();
        await Create("a");
        await Told("+a");
        _api.DropWatches();
        await Create("b");
        await Told("+b");
        Assert.Equal(["+a", "+b"], _told);
        Assert.Single(_api.Requests, r => r.StartsWith("LIST", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_happened_while_the_history_was_lost_is_told_after_the_next_list()
    {
        await Create("gone");
        await Create("stays");
        await Create("changes");
        await Create("replaced");
        await StartAsync();
        _told.Clear();
        _api.Fault = r => r.StartsWith("WATCH", StringComparison.Ordinal) ? Unreachable() : null;
        _api.DropWatches();
        await _api.DeleteAsync<ConfigMap>("default", "gone", DeleteQuery.Default, Ct);
        await _api.DeleteAsync<ConfigMap>("default", "replaced", DeleteQuery.Default, Ct);
        await Create("replaced");
        await Patch("changes", "1");
        await Create("new");
        _api.ForgetHistory();
        _api.Fault = null;
        await Told("+replaced");
        Assert.Equal(["-gone", "~changes 1", "+new", "-replaced", "+replaced"], _told);
    }

    [Fact]
    public async Task It_starts_even_if_the_server_is_not_there_yet()
    {
        var refused = 0;
        _api.Fault = _ => refused++ < 2 ? Unreachable() : null;
        await Create2("a");
        await StartAsync();
        Assert.Equal(["+a"], _told);
    }

    [Fact]
    public async Task One_can_wait_for_ones_own_writes()
    {
        await StartAsync();
        var made = await Create("a");
        await _informer!.CaughtUpAsync(made.Metadata.ResourceVersion, Ct);
        Assert.NotNull(_informer.Find("default", "a"));
        await _api.DeleteAsync<ConfigMap>("default", "a", DeleteQuery.Default, Ct);
        await _informer.DeletionSeenAsync(new ObjectKey("default", "a"), made.Metadata.Uid, Ct);
        Assert.Null(_informer.Find("default", "a"));
    }

    [Fact]
    public async Task Indexes_follow_every_change()
    {
        var index = (InformerIndex<ConfigMap>)null!;
        await StartAsync(informer => index = informer.AddIndex(c => c.Data is { } data ? [data["value"]] : []));
        await Create("a");
        await Create("b");
        await Patch("a", "1");
        var last = await Patch("b", "1");
        await _informer!.CaughtUpAsync(last.Metadata.ResourceVersion, Ct);
        Assert.Equal(["a", "b"], index["1"].Select(c => c.Metadata.Name).Order());
        last = await Patch("a", "2");
        await _informer.CaughtUpAsync(last.Metadata.ResourceVersion, Ct);
        Assert.Equal("b", Assert.Single(index["1"]).Metadata.Name);
        Assert.Equal("a", Assert.Single(index["2"]).Metadata.Name);
        await _api.DeleteAsync<ConfigMap>("default", "a", DeleteQuery.Default, Ct);
        await Told("-a");
        Assert.Empty(index["2"]);
    }

    [Fact]
    public async Task Registering_after_the_start_is_refused()
    {
        await StartAsync();
        Assert.Throws<InvalidOperationException>(() => _informer!.OnChange(_ => { }));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task StartAsync(Action<Informer<ConfigMap>>? prepare = null)
    {
        _informer = new Informer<ConfigMap>(_api, ListQuery.All, NullLogger.Instance);
        prepare?.Invoke(_informer);
        _informer.OnChange(Note);
        _running = _informer.RunAsync(_stop.Token);
        await _informer.Synced.WaitAsync(TimeSpan.FromSeconds(10), Ct);
    }

    private void Note(InformerEvent<ConfigMap> change)
    {
        var name = change.Value.Metadata.Name;
        _told.Enqueue(change.Type switch
        {
            ChangeType.Added => $"+{name}",
            ChangeType.Updated => $"~{name} {change.New!.Data?["value"]}",
            _ => $"-{name}",
        });
    }

    private async Task Told(string what)
    {
        for (var i = 0; i < 1000 && !_told.Contains(what); i++)
            await Task.Delay(10, Ct);
        Assert.Contains(what, _told);
    }

    private Task<ConfigMap> Create(string name) => _api.CreateAsync(new ConfigMap { Metadata = new() { Name = name } }, Ct);

    /// <summary>Creates although requests fail.</summary>
    private async Task Create2(string name)
    {
        var fault = _api.Fault;
        _api.Fault = null;
        await Create(name);
        _api.Fault = fault;
    }

    private Task<ConfigMap> Patch(string name, string value) =>
        _api.PatchAsync<ConfigMap>("default", name, new JsonObject { ["data"] = new JsonObject { ["value"] = value } }, null, Ct);

    private static KubeApiException Unreachable() => KubeApiException.Unreachable(new Uri("http://fake"), new IOException("broken"));
}
