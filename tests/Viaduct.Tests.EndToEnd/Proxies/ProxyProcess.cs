using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Processes;
using Viaduct.Tests.EndToEnd.Clusters;
using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Proxies;

/// <summary>A process <c>viaduct proxy</c> in a node's network namespace, and what an operator sees of it.</summary>
internal sealed class ProxyProcess : IAsyncDisposable
{
    private const int Seconds = 60;
    private readonly ChildProcess _process;
    private readonly string _log;
    private readonly HttpClient _client;

    private ProxyProcess(ChildProcess process, string log, HttpClient client) => (_process, _log, _client) = (process, log, client);

    /// <summary>All that it said.</summary>
    public string Log
    {
        get
        {
            using var file = new StreamReader(new FileStream(_log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return file.ReadToEnd();
        }
    }

    public bool HasEnded => _process.Exited.IsCompleted;

    public static ProxyProcess Start(NetNamespace node, string log, IEnumerable<string> arguments) => Start(node, log, Actor.Program, ["proxy", .. arguments]);

    /// <summary>By another program, which in the end becomes the proxy.</summary>
    public static ProxyProcess Start(NetNamespace node, string log, string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        using var file = System.IO.File.OpenHandle(log, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        var process = ChildProcess.Start(new ProcessSpec
        {
            Path = program, Arguments = arguments, Environment = environment, StandardOutput = file, StandardError = file, NetNamespace = node,
        });
        return new ProxyProcess(process, log, NewClient(node));
    }

    /// <summary>Waits until everything was written or compared once.</summary>
    public async Task<ProxyProcess> ServingAsync()
    {
        await UntilAsync("the proxy serves", async () => await ValueAsync("kubeproxy_sync_full_proxy_rules_duration_seconds_count") >= 1);
        return this;
    }

    /// <summary>Waits for something while the process runs; its log tells why if it does not come.</summary>
    public Task UntilAsync(string what, Func<Task<bool>> condition) => TestCluster.EventuallyAsync(what, async () =>
    {
        if (HasEnded)
            Assert.Fail($"The proxy {await _process.Exited} before {what}:\n{Log}");
        return await condition();
    }, Seconds, () => $"The proxy said:\n{Log}");

    /// <summary>A metric, summed over its labels; 0 as long as there is none.</summary>
    public async Task<double> ValueAsync(string metric)
    {
        var page = await TryGetAsync(10249, "/metrics");
        return page is null ? 0 : page.Split('\n').Where(l => l.StartsWith(metric, StringComparison.Ordinal) && l.Length > metric.Length && l[metric.Length] is ' ' or '{')
            .Sum(l => double.Parse(l.AsSpan(l.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));
    }

    /// <summary>A page of this node; null while nobody listens there.</summary>
    public async Task<(HttpStatusCode Code, string Body, HttpResponseMessage Answer)?> GetAsync(int port, string path, string address = "127.0.0.1")
    {
        try
        {
            var answer = await _client.GetAsync(new Uri($"http://{address}:{port}{path}"));
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public Task SignalAsync(int signal)
    {
        _process.Signal(signal);
        return EndAsync();
    }

    /// <summary>Its exit code, when it ends by itself.</summary>
    public async Task<int> EndAsync() => (await _process.Exited.WaitAsync(TimeSpan.FromSeconds(Seconds))).ShellCode;

    public async ValueTask DisposeAsync()
    {
        _process.Signal(Signals.Kill);
        await _process.Exited;
        _client.Dispose();
    }

    private async Task<string?> TryGetAsync(int port, string path) => await GetAsync(port, path) is (HttpStatusCode.OK, var body, _) ? body : null;

    private static HttpClient NewClient(NetNamespace node) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (context, cancellation) =>
        {
            var socket = node.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            try
            {
                await socket.ConnectAsync(IPAddress.Parse(context.DnsEndPoint.Host), context.DnsEndPoint.Port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    });
}
