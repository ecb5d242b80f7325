using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Viaduct.Cluster.Lifecycle;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Processes;

namespace Viaduct.Cluster.Benchmarks.Modes;

/// <summary>A well-known program that copies between a port of the node and a server, to compare with.</summary>
internal sealed class PeerProxy : IAsyncDisposable
{
    public static readonly IPEndPoint Address = new(ForwardingPath.NodeAddress, 7000);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly ChildProcess _process;

    private PeerProxy(ChildProcess process) => _process = process;

    public static IReadOnlyList<string> Names { get; } = ["haproxy", "socat"];

    public int ProcessId => _process.Id;

    /// <summary>Starts it and returns when it listens.</summary>
    public static async Task<PeerProxy> StartAsync(string name, NetNamespace node, IPEndPoint server, string directory, CancellationToken cancellation)
    {
        var logPath = Path.Combine(directory, $"{name}.log");
        using var log = File.OpenHandle(logPath, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        var peer = new PeerProxy(ChildProcess.Start(new ProcessSpec
        {
            Path = InstalledProgram.Find(name)!,
            Arguments = name == "haproxy" ? ["-db", "-f", WriteConfiguration(directory, server)] : SocatArguments(server),
            StandardOutput = log,
            StandardError = log,
            NetNamespace = node,
        }));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        while (!await AnswersAsync(node, limit.Token))
        {
            if (peer._process.Exited.IsCompleted || limit.IsCancellationRequested)
                throw new ClusterException($"{name} does not listen on {Address}, run without --peers: {LogFile.LastLine(logPath)}");
            await Task.Delay(20, CancellationToken.None);
        }

        return peer;
    }

    public async ValueTask DisposeAsync()
    {
        // Its children end with their connections.
        _process.Signal(Signals.Kill);
        await _process.Exited;
    }

    private static async Task<bool> AnswersAsync(NetNamespace node, CancellationToken cancellation)
    {
        using var socket = node.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        try
        {
            await socket.ConnectAsync(Address, cancellation);
            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    private static string[] SocatArguments(IPEndPoint server) =>
        [$"TCP-LISTEN:{Address.Port},bind={Address.Address},fork,reuseaddr,nodelay,backlog=4096", $"TCP:{server},nodelay"];

    private static string WriteConfiguration(string directory, IPEndPoint server)
    {
        var path = Path.Combine(directory, "haproxy.cfg");
        File.WriteAllText(path, string.Create(CultureInfo.InvariantCulture, $"""
            global
                nbthread {Environment.ProcessorCount}
                maxconn {Math.Min(10_000, (DescriptorLimit.RaiseTo(1024) - 500) / 2)}
                maxpipes 100
            defaults
                mode tcp
                option splice-auto
                timeout connect 5s
                timeout client 60s
                timeout server 60s
            listen bench
                bind {Address} backlog 4096
                server one {server}

            """));
        return path;
    }
}
