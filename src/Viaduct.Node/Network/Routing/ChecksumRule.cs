namespace Viaduct.Node.Network.Routing;

/// <summary>
/// Tunnels have no checksum in their UDP header, so that NAT of what they send has none to set right: with the checksum of the inner packet left to the link below, it
/// would do that wrongly (inet_proto_csum_replace4 takes the outer one to be unfinished, too). Before Linux 5.7 it did so even where there was none (fixed by "netfilter:
/// nat: never update the UDP checksum when it's 0"): connections then began only with a retransmission, 1 to 63 seconds later.
/// </summary>
public static class ChecksumRule
{
    /// <summary>Whether this kernel (<c>uname -r</c>) may leave the checksums of tunnelled packets to the link below. An unknown version may not.</summary>
    public static bool IsOffloadSafe(string release)
    {
        var parts = release.Split('.', '-', '+');
        return parts.Length >= 2 && int.TryParse(parts[0], out var major) && int.TryParse(parts[1], out var minor) && (major, minor).CompareTo((5, 7)) >= 0;
    }
}
