namespace Viaduct.Node.Network.Routing;

/// <summary>
/// Before Linux 5.7, NAT wrote a wrong checksum into a tunnel's outer header when the inner checksum was left to the link below and the outer one was
/// zero (fixed by "netfilter: nat: never update the UDP checksum when it's 0"): connections then began only with a retransmission, 1 to 63 seconds later.
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
