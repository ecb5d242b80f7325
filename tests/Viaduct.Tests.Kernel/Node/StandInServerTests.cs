using System.Net;
using Viaduct.Kube.Objects;
using Viaduct.Linux.Namespaces;
using Viaduct.Node.Containers;
using Viaduct.Node.Logs;
using Viaduct.Node.StandIns;

namespace Viaduct.Tests.Kernel.Node;

/// <summary>A stand-in in a namespace of its own, asked from inside over the loopback.</summary>
public sealed class StandInServerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly NetNamespace _ns = NetNamespace.Create();
    private readonly ContainerLog _log;
    private readonly StandInContainer _container;

    public StandInServerTests()
    {
        _log = new ContainerLog(Path.Combine(_directory.Path, "0.log"), TimeProvider.System);
        _container = Start();
    }

    public void Dispose()
    {
        _container.Dispose();
        _log.Dispose();
        _ns.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("hello\n", false)]
    [InlineData("no line feed", false)]
    [InlineData(null, true)]
    [InlineData(null, false)]
    [InlineData("GE", false)]
    public async Task A_raw_client_gets_the_text_and_the_end_of_the_connection(string? text, bool halfClose)
    {
        var answer = await Client.TcpAsync(_ns, "127.0.0.1", 9376, text, halfClose);
        Assert.Matches("^pod: box\naddress: 172.20.0.9\nclient: 127.0.0.1:[0-9]+\n$", answer);
    }

    [Fact]
    public async Task A_datagram_gets_the_text() =>
        Assert.Matches("^pod: box\naddress: 172.20.0.9\nclient: 127.0.0.1:[0-9]+\n$", await Client.UdpAsync(_ns, "127.0.0.1", 9376));

    [Fact]
    public async Task An_HTTP_client_keeps_its_connection_for_any_path_method_and_body()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var http = Client.Http(_ns);
        var first = await http.GetStringAsync("http://127.0.0.1:9376/", cancellation);
        using var content = new StringContent(new string('x', 100_000));
        using var post = await http.PostAsync("http://127.0.0.1:9376/any/path?x=1", content, cancellation);
        using var chunked = new HttpRequestMessage(HttpMethod.Put, "http://127.0.0.1:9376/") { Content = new StringContent("body"), Headers = { TransferEncodingChunked = true } };
        using var put = await http.SendAsync(chunked, cancellation);
        using var head = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "http://127.0.0.1:9376/"), cancellation);
        Assert.Equal(HttpStatusCode.OK, post.StatusCode);
        Assert.Equal("text/plain", post.Content.Headers.ContentType!.MediaType);
        // The client's port is in the text: the same port is the same connection.
        Assert.Equal(first, await post.Content.ReadAsStringAsync(cancellation));
        Assert.Equal(first, await put.Content.ReadAsStringAsync(cancellation));
        Assert.Equal(first.Length, head.Content.Headers.ContentLength);
        Assert.Equal(first, await http.GetStringAsync("http://127.0.0.1:9376/", cancellation));
    }

    [Fact]
    public async Task Pipelined_requests_and_a_close_are_answered_in_order()
    {
        var answer = await Client.TcpAsync(_ns, "127.0.0.1", 9376, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Assert.Equal(2, answer.Split("HTTP/1.1 200 OK").Length - 1);
        Assert.Equal(2, answer.Split("pod: box").Length - 1);
    }

    [Fact]
    public async Task Each_request_is_a_line_of_the_log()
    {
        await Client.TcpAsync(_ns, "127.0.0.1", 9376, "GET /seen HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        await Client.UdpAsync(_ns, "127.0.0.1", 9376);
        var text = await File.ReadAllTextAsync(_log.FilePath, TestContext.Current.CancellationToken);
        Assert.Matches("stdout F TCP 9376 from 127.0.0.1:[0-9]+: GET /seen HTTP/1.1\n", text);
        Assert.Matches("stdout F UDP 9376 from 127.0.0.1:[0-9]+: 5 bytes\n", text);
    }

    [Fact]
    public void A_taken_port_is_a_sentence() =>
        Assert.Equal("listening on TCP port 9376 failed: Address already in use", Assert.Throws<ContainerStartException>(Start).Message);

    [Fact]
    public async Task After_its_stop_it_answers_a_moment_longer_and_then_refuses()
    {
        _container.Stop(TimeSpan.FromSeconds(30));
        Assert.Contains("pod: box", await Client.TcpAsync(_ns, "127.0.0.1", 9376, "x"), StringComparison.Ordinal);
        Assert.Equal(0, (await _container.Exited.WaitAsync(TestContext.Current.CancellationToken)).ExitCode);
        var refused = await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => Client.TcpAsync(_ns, "127.0.0.1", 9376, "x"));
        Assert.Equal(System.Net.Sockets.SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Fact]
    public async Task Two_hundred_clients_at_once_need_no_thread_each()
    {
        var tasks = Enumerable.Range(0, 200).Select(_ => Client.TcpAsync(_ns, "127.0.0.1", 9376, null)).ToList();
        var threads = System.Diagnostics.Process.GetCurrentProcess().Threads.Count;
        Assert.All(await Task.WhenAll(tasks), a => Assert.StartsWith("pod: box", a, StringComparison.Ordinal));
        Assert.InRange(threads, 1, 150);
    }

    private StandInContainer Start() => StandInContainer.Start(
        new ContainerStart
        {
            Pod = new Pod { Metadata = new ObjectMeta { Name = "box" }, Spec = new PodSpec { Containers = [s_spec] } },
            Container = s_spec,
            IsInit = false,
            Namespace = _ns,
            Addresses = [IPAddress.Parse("172.20.0.9")],
            Log = _log,
        },
        TimeProvider.System);

    private static readonly Container s_spec = new() { Name = "c" };
}
