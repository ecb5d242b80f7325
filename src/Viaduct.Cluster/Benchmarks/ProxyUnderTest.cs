using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>The real program <c>viaduct proxy</c> in a network namespace, and what can be seen of it from outside.</summary>
internal sealed class ProxyUnderTest : IAsyncDisposable
{
    private const string FullSync = "kubeproxy_sync_full_proxy_rules_duration_seconds";
    private const string PartialSync = "kubeproxy_sync_partial_proxy_rules_duration_seconds";

    private const string IPv4 = "{ip_family=\"IPv4\"}";

    private static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(Environment.ProcessorCount > 1 ? 5 : 100);

    private readonly ProgramUnderTest _program;
    private readonly HttpClient _metrics;

    private ProxyUnderTest(ProgramUnderTest program, NetNamespace inside) => (_program, _metrics) = (program, CreateClient(inside));

    public int ProcessId => _program.Id;

    /// <summary>When the process was started.</summary>
    public long Started => _program.Started;

    public static ProxyUnderTest Start(string program, BenchApi api, string kubeconfig, NetNamespace inside, string logPath, params string[] flags)
    {
        string[] arguments =
        [
            "proxy", "--kubeconfig", kubeconfig, "--hostname-override", api.NodeName, "--bind-address", BenchApi.NodeAddress, "--metrics-bind-address", "127.0.0.1:10249", .. flags,
        ];
        return new ProxyUnderTest(ProgramUnderTest.Start(program, arguments, inside, logPath), inside);
    }

    /// <summary>Waits until everything of IPv4, which all Services here are, was written or compared once, and returns how long that took by the proxy's own metric.</summary>
    public async Task<TimeSpan> WaitForFullSyncAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await _program.RequireAliveAsync();
            if (await TryReadMetricsAsync(cancellation) is { } metrics && Value(metrics, $"{FullSync}_count{IPv4}") >= 1)
                return TimeSpan.FromSeconds(Value(metrics, $"{FullSync}_sum{IPv4}"));
            // The metric page is the only thing to ask, and asking takes processor time: on a machine with one processor, the proxy's.
            await Task.Delay(s_glance, cancellation);
        }
    }

    public async Task<int> ReadElementsWrittenAsync(CancellationToken cancellation) =>
        (int)Value(await TryReadMetricsAsync(cancellation) ?? throw new ClusterException("The proxy's metrics page does not answer."), "viaduct_elements_written_total");

    public double ReadResidentMegabytes() => _program.ReadResidentMegabytes();

    public double ReadCpuSeconds() => _program.ReadCpuSeconds();

    /// <summary>How often it applied a change, and the seconds that all of them took.</summary>
    public async Task<(int Count, double Seconds)> ReadChangesAsync(CancellationToken cancellation)
    {
        var metrics = await TryReadMetricsAsync(cancellation) ?? throw new ClusterException("The proxy's metrics page does not answer.");
        return ((int)Value(metrics, $"{PartialSync}_count"), Value(metrics, $"{PartialSync}_sum"));
    }

    public void Signal(int signal) => _program.Signal(signal);

    /// <inheritdoc cref="ProgramUnderTest.DisposeAsync"/>
    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        _metrics.Dispose();
    }

    private async Task<string?> TryReadMetricsAsync(CancellationToken cancellation)
    {
        try
        {
            return await _metrics.GetStringAsync(new Uri("/metrics", UriKind.Relative), cancellation);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>The sum over all IP families.</summary>
    private static double Value(string page, string name) => page.Split('\n')
        .Where(l => l.StartsWith(name, StringComparison.Ordinal) && l.Length > name.Length && l[name.Length] is ' ' or '{')
        .Sum(l => double.Parse(l.AsSpan(l.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));

    private static HttpClient CreateClient(NetNamespace inside) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = inside.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            try
            {
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, 10249), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    })
    {
        BaseAddress = new Uri("http://localhost"),
    };
}
