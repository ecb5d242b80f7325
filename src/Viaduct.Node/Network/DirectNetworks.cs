using System.Net;
using System.Net.Sockets;

namespace Viaduct.Node.Network;

/// <summary>The networks that pods reach with their own addresses; pure.</summary>
public static class DirectNetworks
{
    /// <summary>Whether they are all of a family, so that nothing of it is masqueraded: no rules are needed then, nor a kernel with nftables for them.</summary>
    public static bool AreAllOf(AddressFamily family, IReadOnlyList<IPNetwork> direct) => direct.Any(d => d.PrefixLength == 0 && d.BaseAddress.AddressFamily == family);
}
