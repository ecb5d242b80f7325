using System.Net;

namespace Viaduct.Linux.Route;

/// <summary>An entry of a VXLAN tunnel's forwarding table: frames to this hardware address go to the other end at this address.</summary>
/// <param name="LinkIndex">The tunnel.</param>
/// <param name="LinkAddress">The frames' destination.</param>
/// <param name="Destination">The other end, below the tunnel.</param>
public sealed record FdbEntry(int LinkIndex, MacAddress LinkAddress, IPAddress Destination);
