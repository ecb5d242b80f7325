using System.Net;

namespace Viaduct.Node.Network;

/// <summary>The node's CNI configuration as it is now: pods that start get the MTU that the network below has by then.</summary>
internal sealed class CniConfigurations
{
    private readonly NodeOptions _options;
    private readonly IReadOnlyList<IPNetwork> _podCidrs;
    private volatile CniConfiguration _current;

    private CniConfigurations(NodeOptions options, IReadOnlyList<IPNetwork> podCidrs, int mtu)
    {
        (_options, _podCidrs) = (options, podCidrs);
        _current = Write(mtu);
    }

    public CniConfiguration Current => _current;

    /// <summary>Waits for the MTU, writes the file, and writes it again when the MTU changes.</summary>
    public static async Task<CniConfigurations> StartAsync(NodeOptions options, IReadOnlyList<IPNetwork> podCidrs, NodeNetwork network, CancellationToken cancellation)
    {
        var result = new CniConfigurations(options, podCidrs, await network.FirstMtu.WaitAsync(cancellation));
        network.MtuChanged = mtu => result._current = result.Write(mtu);
        return result;
    }

    private CniConfiguration Write(int mtu)
    {
        var configuration = new CniConfiguration(_options, _podCidrs, mtu);
        configuration.Write(Path.Combine(_options.StateDirectory, "cni"));
        return configuration;
    }
}
