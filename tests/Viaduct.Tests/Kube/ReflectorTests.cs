using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;
using Viaduct.Tests.Fakes;

namespace Viaduct.Tests.Kube;

public sealed class ReflectorTests : IAsyncDisposable
{
    private readonly FakeKubeApi _api = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly RecordingConsumer<ConfigMap> _consumer = new();
    private Task _running = Task.CompletedTask;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_streamed_list_and_its_watch_are_one_request()
    {
        await Create("a");
        await StartAsync();
        await Create("b");
        await _consumer.ToldAsync("+b");
        Assert.Equal(["begin", "+a", "end", "+b"], _consumer.Told);
        Assert.DoesNotContain(_api.Requests, r => r.StartsWith("PAGE", StringComparison.Ordinal) || r.StartsWith("LIST", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_without_streaming_lists_is_asked_for_pages()
    {
        _api.StreamsLists = false;
        for (var i = 0; i < 1200; i++)
            await Create($"m{i:d4}");
        await StartAsync();
        Assert.Equal(1200, _consumer.Told.Count(t => t[0] == '+'));
        Assert.Equal(3, _api.Requests.Count(r => r.StartsWith("PAGE", StringComparison.Ordinal)));
        await Create("later");
        await _consumer.ToldAsync("+later");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_list_that_breaks_in_the_middle_begins_anew(bool streams)
    {
        _api.StreamsLists = streams;
        await Create("a");
        await Create("b");
        var breaks = 1;
        _api.Fault = r => r.EndsWith("ITEM configmaps b", StringComparison.Ordinal) && breaks-- > 0 ? Unreachable() : null;
        await StartAsync();
        Assert.Equal(["begin", "+a", "begin", "+a", "+b", "end"], _consumer.Told.Skip(streams ? 0 : 1)); // the refused stream began a list too
    }

    [Fact]
    public async Task An_expired_watch_is_followed_by_a_list_and_nothing_is_lost()
    {
        await Create("a");
        await StartAsync();
        _api.Fault = r => r.StartsWith("WATCH", StringComparison.Ordinal) ? Unreachable() : null;
        _api.DropWatches();
        await _api.DeleteAsync<ConfigMap>("default", "a", DeleteQuery.Default, Ct);
        await Create("b");
        _api.ForgetHistory();
        _api.Fault = null;
        await _consumer.ToldAsync("+b");
        Assert.Equal(["begin", "+a", "end", "begin", "+b"], _consumer.Told.Take(5));
    }

    [Fact]
    public async Task A_watch_goes_on_from_its_last_bookmark_though_all_before_is_forgotten()
    {
        await Create("a");
        await StartAsync();
        _api.Bookmark();
        await _api.UntilAsync(() => _api.BookmarksTaken == 1);
        _api.ForgetHistory();
        _api.DropWatches();
        await Create("b");
        await _consumer.ToldAsync("+b");
        Assert.Equal(["begin", "+a", "end", "+b"], _consumer.Told);
    }

    [Fact]
    public async Task A_server_that_refuses_is_asked_again_after_growing_pauses_and_soon_again_after_a_success()
    {
        var time = new InstantTime(TimeSpan.FromSeconds(14));
        var refusals = 12;
        _api.StreamsLists = false;
        _api.Fault = r => r.StartsWith("PAGE", StringComparison.Ordinal) && refusals-- > 0 ? new KubeApiException(new Status { Code = 500, Message = "no" }) : null;
        await StartAsync(time);
        var pauses = await TakeAsync(12);
        for (var i = 0; i < 12; i++)
            Assert.InRange(pauses[i].TotalMilliseconds / Math.Min(5000, 50 * Math.Pow(2, i)), 0.75, 1.25);

        refusals = 1;
        _api.Fault = r => r.StartsWith("WATCH", StringComparison.Ordinal) && refusals-- > 0 ? new KubeApiException(new Status { Code = 500, Message = "no" }) : null;
        await Create("a");
        await _consumer.ToldAsync("+a");
        _api.DropWatches();
        Assert.InRange((await TakeAsync(1))[0].TotalMilliseconds, 37, 63);

        async Task<List<TimeSpan>> TakeAsync(int count)
        {
            var taken = new List<TimeSpan>();
            while (taken.Count < count)
                taken.Add(await time.Waited.Reader.ReadAsync(Ct));
            return taken;
        }
    }

    [Fact]
    public async Task A_watch_that_ends_goes_on_where_it_was()
    {
        await StartAsync();
        _api.DropWatches();
        await Create("a");
        await _consumer.ToldAsync("+a");
        await _api.DeleteAsync<ConfigMap>("default", "a", DeleteQuery.Default, Ct);
        await _consumer.ToldAsync("-a");
        Assert.Equal(["begin", "end", "+a", "-a"], _consumer.Told);
    }

    [Fact]
    public async Task A_resource_that_the_server_lacks_counts_as_attempted()
    {
        _api.Fault = _ => new KubeApiException(new Status { Code = 404, Reason = "NotFound" });
        var reflector = new Reflector<ConfigMap>(_api, ListQuery.All, _consumer, NullLogger.Instance) { IsOptional = true };
        _running = reflector.RunAsync(_stop.Token);
        await reflector.Attempted.WaitAsync(Ct);
        Assert.False(reflector.Synced.IsCompleted);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private static KubeApiException Unreachable() => new(new Status { Reason = "Unreachable", Message = "gone" });

    private async Task StartAsync(TimeProvider? time = null)
    {
        var reflector = new Reflector<ConfigMap>(_api, ListQuery.All, _consumer, NullLogger.Instance, time);
        _running = reflector.RunAsync(_stop.Token);
        await reflector.Synced.WaitAsync(Ct);
    }

    private Task<ConfigMap> Create(string name) => _api.CreateAsync(new ConfigMap { Metadata = new() { Namespace = "default", Name = name } }, Ct);
}
