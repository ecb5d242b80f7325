using Viaduct.Proxy.Model;
using Viaduct.Proxy.Server.Configuration;

namespace Viaduct.Proxy.Server.NodeFacts;

/// <summary>How local pods are told per IP family.</summary>
internal static class Detectors
{
    /// <param name="configuration">Its detectLocalMode decides.</param>
    /// <param name="podCidrs">The node's, for NodeCIDR.</param>
    /// <param name="family">Of which family the detector is; the first network of it counts.</param>
    /// <returns>Null when there is no network of the family: then nobody counts as a local pod.</returns>
    public static LocalDetector? For(ProxyConfiguration configuration, IReadOnlyList<string> podCidrs, IPFamily family) => configuration.DetectLocalMode switch
    {
        "NodeCIDR" => First(podCidrs, family),
        "BridgeInterface" => new LocalDetector.Bridge(configuration.BridgeInterface),
        "InterfaceNamePrefix" => new LocalDetector.InterfacePrefix(configuration.InterfaceNamePrefix),
        _ => First(configuration.ClusterCidr.Split(',', StringSplitOptions.TrimEntries), family),
    };

    private static LocalDetector.Cidr? First(IEnumerable<string> networks, IPFamily family)
    {
        foreach (var text in networks)
        {
            if (AddressText.TryParseNetwork(text, out var network) && network.BaseAddress.AddressFamily == family.ToAddressFamily())
                return new LocalDetector.Cidr(network);
        }

        return null;
    }
}
