namespace Viaduct.Cluster.Benchmarks.Modes;

/// <summary>A way with what serves it, and how long that took to write.</summary>
internal sealed class StartedWay(ModeWay way, WayToServer path) : IAsyncDisposable
{
    public ModeWay Way => way;

    public WayToServer Path => path;

    public ProxyUnderTest? Proxy { get; set; }

    public PeerProxy? Peer { get; set; }

    public double? FullWriteSeconds { get; set; }

    public double? ChangeMilliseconds { get; set; }

    public async ValueTask DisposeAsync()
    {
        if (Proxy is not null)
            await Proxy.DisposeAsync();
        if (Peer is not null)
            await Peer.DisposeAsync();
        path.Dispose();
    }
}
