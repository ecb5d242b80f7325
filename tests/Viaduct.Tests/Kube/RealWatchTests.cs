using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using Viaduct.Kube.Http;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server.Pki;
using Viaduct.Tests.Fakes;

namespace Viaduct.Tests.Kube;

/// <summary>How a collection is followed through all that a kube-apiserver answers: each request gets the next answer of a script, the last one stays.</summary>
public sealed class RealWatchTests : IAsyncDisposable
{
    private const string Bookmark9 = """{"type":"BOOKMARK","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"9","creationTimestamp":null}}}""";

    private readonly RecordingConsumer<ConfigMap> _consumer = new();
    private readonly RecordingLogger _log = new();
    private readonly InstantTime _time = new(TimeSpan.FromSeconds(14));
    private readonly CancellationTokenSource _stop = new();
    private ScriptedServer? _server;
    private HttpKubeApi? _api;
    private Task _running = Task.CompletedTask;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>What a server before 1.32, or one whose feature gate WatchList is off, answers.</summary>
    private static Func<HttpContext, Task> NoStreams => c => ScriptedServer.RefuseAsync(
        c, 422, "Invalid", "ListOptions.meta.k8s.io is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled");

    private IEnumerable<string> Watches => _server!.Requests.Where(r => r.Contains("watch=true", StringComparison.Ordinal) && !r.Contains("sendInitialEvents", StringComparison.Ordinal));

    private IEnumerable<string> Lists => _server!.Requests.Where(r => !r.Contains("watch=true", StringComparison.Ordinal));

    [Fact]
    public async Task A_server_that_streams_no_lists_is_asked_for_a_list_and_then_for_changes()
    {
        await StartAsync(NoStreams, List("a", version: 5), Watch(Added("b", 6)));
        await _consumer.ToldAsync("+b");
        Assert.Equal(["begin", "begin", "+a", "end", "+b"], _consumer.Told);
        Assert.Contains("resourceVersion=5", Assert.Single(Watches), StringComparison.Ordinal);
        Assert.Empty(_log.Warnings);
    }

    [Theory]
    [InlineData("""{"kind":"Status","status":"Failure","message":"too old resource version: 5 (7)","reason":"Expired","code":410}""")]
    [InlineData("""{"kind":"Status","status":"Failure","message":"The resourceVersion for the provided watch is too old.","reason":"Gone","code":410}""")]
    [InlineData("""{"kind":"Status","status":"Failure","message":"Timeout: Too large resource version: 5, current: 3","reason":"Timeout","details":{"retryAfterSeconds":1},"code":504}""")]
    [InlineData("""{"kind":"Status","status":"Failure","message":"etcd event received with PrevKv=nil","reason":"InternalError","code":500}""")]
    [InlineData("""{"kind":"Status","status":"Failure","message":"no code"}""")]
    public async Task A_watch_that_ends_with_an_error_is_followed_by_a_list(string status)
    {
        await StartAsync(NoStreams, List("a", version: 5), Watch($$"""{"type":"ERROR","object":{{status}}}"""), List("b", version: 7), Watch());
        await _consumer.ToldAsync("+b");
        Assert.Equal(["begin", "+a", "end", "begin", "+b"], _consumer.Told.Skip(1).Take(5));
    }

    [Theory]
    [InlineData(410, "Expired")]
    [InlineData(504, "Timeout")]
    [InlineData(500, "InternalError")]
    public async Task A_watch_that_is_refused_is_followed_by_a_list(int code, string reason)
    {
        await StartAsync(NoStreams, List("a", version: 5), c => ScriptedServer.RefuseAsync(c, code, reason, "no"), List("b", version: 7), Watch());
        await _consumer.ToldAsync("+b");
        Assert.Equal(code == 410, _log.Warnings.IsEmpty);
    }

    // Lists are what a server that throttles can bear least, and it asks for a pause.
    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_busy_server_is_asked_for_the_same_watch_again_after_the_pause_that_it_wants(int code)
    {
        await StartAsync(NoStreams, List("a", version: 5), c => BusyAsync(c, code, "7"), c => BusyAsync(c, code, null), Watch(Added("b", 6)));
        await _consumer.ToldAsync("+b");
        Assert.Single(Lists);
        Assert.Equal(3, Watches.Count());
        Assert.All(Watches, w => Assert.Contains("resourceVersion=5", w, StringComparison.Ordinal));
        Assert.Equal(TimeSpan.FromSeconds(7), await _time.Waited.Reader.ReadAsync(Ct));
    }

    [Fact]
    public async Task A_watch_that_ends_with_too_many_requests_goes_on_where_it_was()
    {
        const string error = """{"type":"ERROR","object":{"kind":"Status","status":"Failure","message":"slow down","reason":"TooManyRequests","details":{"retryAfterSeconds":3},"code":429}}""";
        await StartAsync(NoStreams, List("a", version: 5), Watch(Added("b", 6), error), Watch(Added("c", 7)));
        await _consumer.ToldAsync("+c");
        Assert.Single(Lists);
        Assert.Contains("resourceVersion=6", Watches.Last(), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(3), await _time.Waited.Reader.ReadAsync(Ct));
    }

    [Fact]
    public async Task A_continuation_that_expired_is_followed_by_a_list_in_one()
    {
        await StartAsync(
            NoStreams, c => ScriptedServer.JsonAsync(c, """{"metadata":{"resourceVersion":"5","continue":"NEXT=="},"items":[{"metadata":{"name":"a"}}]}"""),
            c => ScriptedServer.RefuseAsync(c, 410, "Expired", "The provided continue parameter is too old"), List("b", version: 7), Watch());
        await _consumer.ToldAsync("end");
        Assert.Equal(["begin", "+a", "begin", "+b", "end"], _consumer.Told.Skip(1));
        Assert.Equal(
            ["GET /api/v1/configmaps?limit=500", "GET /api/v1/configmaps?limit=500&continue=NEXT%3D%3D", "GET /api/v1/configmaps"], Lists);
    }

    // Servers end watches after a while, and a bookmark may be all that they told since the list.
    [Fact]
    public async Task A_watch_that_the_server_ends_goes_on_after_its_last_bookmark_without_a_list()
    {
        await StartAsync(NoStreams, List("a", version: 5), Ended(Bookmark9 + "\n"), Watch(Added("b", 10)));
        await _consumer.ToldAsync("+b");
        Assert.Single(Lists);
        Assert.Contains("resourceVersion=9", Watches.Last(), StringComparison.Ordinal);
        Assert.Empty(_log.Warnings);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_watch_that_is_cut_in_the_middle_of_a_line_goes_on_after_the_last_whole_one(bool reset)
    {
        Func<HttpContext, Task> cut = async c =>
        {
            await c.Response.WriteAsync(Added("b", 6) + "\n" + Added("c", 7)[..30]);
            await c.Response.Body.FlushAsync();
            await _consumer.ToldAsync("+b");
            if (reset)
                c.Abort();
        };
        await StartAsync(NoStreams, List("a", version: 5), cut, Watch(Added("c", 7)));
        await _consumer.ToldAsync("+c");
        Assert.Single(Lists);
        Assert.Equal(["begin", "+a", "end", "+b", "+c"], _consumer.Told.Skip(1));
        Assert.Contains("resourceVersion=6", Watches.Last(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Over_HTTP_2_a_reset_stream_and_a_connection_that_goes_away_lose_nothing(bool reset)
    {
        var protocols = new List<string>();
        Func<HttpContext, Task> first = async c =>
        {
            protocols.Add(c.Request.Protocol);
            if (!reset)
                c.Response.Headers.Connection = "close"; // with HTTP/2: GOAWAY
            await c.Response.WriteAsync(Added("b", 6) + "\n");
            await c.Response.Body.FlushAsync();
            await _consumer.ToldAsync("+b");
            if (reset)
                c.Abort();
        };
        using var authority = CertificateAuthority.Create("test");
        await StartAsync(authority, NoStreams, List("a", version: 5), first, Watch(Added("c", 7)));
        await _consumer.ToldAsync("+c");
        Assert.Equal(["HTTP/2"], protocols);
        Assert.Single(Lists);
        Assert.Equal(["begin", "+a", "end", "+b", "+c"], _consumer.Told.Skip(1));
    }

    // An object has 1.5 MB at most: etcd takes no longer request.
    [Fact]
    public async Task Objects_may_be_as_long_as_etcd_takes_them()
    {
        var text = string.Concat(Enumerable.Repeat("0123456789abcde\\n", 94_000));
        var long1 = $$$$"""{"metadata":{"name":"a","resourceVersion":"4","annotations":{"long":"{{{{text}}}}"}},"data":{"k":"v"}}""";
        var long2 = $$$$"""{"type":"ADDED","object":{"metadata":{"name":"b","resourceVersion":"6"},"data":{"k":"{{{{text}}}}"}}}""";
        await StartAsync(NoStreams, c => ScriptedServer.JsonAsync(c, $$$"""{"items":[{{{long1}}}],"metadata":{"resourceVersion":"5"}}"""), Watch(long2, Added("c", 7)));
        await _consumer.ToldAsync("+c");
        Assert.Equal(["begin", "+a", "end", "+b", "+c"], _consumer.Told.Skip(1));
    }

    // Whoever repairs the first trouble reads the log again, and must find the second.
    [Fact]
    public async Task Another_trouble_is_told_and_the_same_one_is_not_told_again()
    {
        Func<HttpContext, Task> away = c => Task.FromResult(c.Response.StatusCode = 502);
        Func<HttpContext, Task> forbidden = c => ScriptedServer.RefuseAsync(c, 403, "Forbidden", "configmaps is forbidden");
        await StartAsync(away, away, forbidden, forbidden, forbidden, NoStreams, List("a", version: 5), Watch());
        await _consumer.ToldAsync("+a");
        Assert.Equal(
            ["watch of configmaps interrupted, trying again: HTTP 502: Bad Gateway", "watch of configmaps interrupted, trying again: configmaps is forbidden"], _log.Warnings);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _api?.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
        _stop.Dispose();
    }

    private static string Added(string name, int version) => $$$$"""{"type":"ADDED","object":{"metadata":{"name":"{{{{name}}}}","resourceVersion":"{{{{version}}}}"}}}""";

    private static Func<HttpContext, Task> List(string name, int version) => c => ScriptedServer.JsonAsync(
        c, $$$"""{"kind":"ConfigMapList","metadata":{"resourceVersion":"{{{version}}}"},"items":[{"metadata":{"name":"{{{name}}}","resourceVersion":"4"}}]}""");

    private static Func<HttpContext, Task> Watch(params string[] lines) => c => ScriptedServer.WatchAsync(c, lines);

    private static Func<HttpContext, Task> Ended(string text) => c => ScriptedServer.JsonAsync(c, text);

    private static Task BusyAsync(HttpContext context, int code, string? seconds)
    {
        if (seconds is not null)
            context.Response.Headers.RetryAfter = seconds;
        context.Response.StatusCode = code;
        return context.Response.WriteAsync("Too many requests, please try again later.\n");
    }

    private Task StartAsync(params Func<HttpContext, Task>[] script) => StartAsync(null, script);

    private async Task StartAsync(CertificateAuthority? authority, params Func<HttpContext, Task>[] script)
    {
        var next = -1;
        var certificate = authority is null ? null : new X509Certificate2Collection(authority.IssueServer([], [System.Net.IPAddress.Loopback]).ToCertificate());
        _server = await ScriptedServer.StartAsync(c => script[Math.Min(Interlocked.Increment(ref next), script.Length - 1)](c), certificate);
        _api = HttpKubeApi.FromKubeconfig(new Viaduct.Kube.Config.Kubeconfig { Server = _server.Address, CertificateAuthority = authority?.Certificate.ExportCertificatePem() });
        var reflector = new Reflector<ConfigMap>(_api, Viaduct.Kube.Api.ListQuery.All, _consumer, _log, _time);
        _running = reflector.RunAsync(_stop.Token);
    }
}
