using System.Collections.Immutable;
using System.Net;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Server.Configuration;

/// <summary>What kube-proxy refuses; every complaint names the field and what is allowed.</summary>
public static class ConfigValidation
{
    // The kernel's limit, without its final zero.
    private const int LongestInterfaceName = 15;

    private static readonly string[] s_detectModes = ["ClusterCIDR", "NodeCIDR", "BridgeInterface", "InterfaceNamePrefix"];

    /// <exception cref="ProxyConfigurationException">The first problem.</exception>
    public static void Check(ProxyConfiguration configuration)
    {
        if (Problems(configuration).FirstOrDefault() is { } problem)
            throw new ProxyConfigurationException(problem);
    }

    /// <summary>All problems, each a sentence.</summary>
    public static IEnumerable<string> Problems(ProxyConfiguration c) =>
    [
        .. FeatureGates.Problems(c.FeatureGates), .. Mode(c), .. Numbers(c), .. Durations(c), .. Addresses(c), .. ClusterCidr(c.ClusterCidr), .. NodePorts((ImmutableArray<string>)c["nodePortAddresses"]!), .. DetectLocal(c), .. ExcludeCidrs(c),
    ];

    private static IEnumerable<string> Mode(ProxyConfiguration c)
    {
        if (ProxyModeNames.Find(c.Mode) is null)
            yield return $"mode (--proxy-mode) is \"{c.Mode}\" and must be one of {ProxyModeNames.All}, or empty for {ProxyModeNames.Default.Name()}.";
    }

    private static IEnumerable<string> Numbers(ProxyConfiguration c)
    {
        foreach (var (field, least, most) in ((string, int, int)[])[
            ("oomScoreAdj", -1000, 1000), ("iptables.masqueradeBit", 0, 31), ("nftables.masqueradeBit", 0, 31),
            ("conntrack.maxPerCore", 0, int.MaxValue), ("conntrack.min", 0, int.MaxValue),
            ("clientConnection.burst", 0, int.MaxValue), ("logging.verbosity", 0, int.MaxValue)])
        {
            if ((int)c[field]! is var value && (value < least || value > most))
                return [$"{field} is {value} and must be {(most == int.MaxValue ? $"{least} or more" : $"between {least} and {most}")}."];
        }

        return [];
    }

    private static IEnumerable<string> Durations(ProxyConfiguration c)
    {
        foreach (var field in ConfigFields.All.Where(f => f.Kind == ConfigKind.Duration))
        {
            if ((TimeSpan)c[field.Path]! is var value && value < TimeSpan.Zero)
                yield return $"{field.Path} is {MetaDuration.Format(value)} and must not be negative.";
        }

        foreach (var field in (string[])["configSyncPeriod", "iptables.syncPeriod", "nftables.syncPeriod", "ipvs.syncPeriod"])
        {
            if ((TimeSpan)c[field]! == TimeSpan.Zero)
                yield return $"{field} is 0s and must be longer.";
        }

        foreach (var mode in (string[])["iptables", "nftables", "ipvs"])
        {
            if ((TimeSpan)c[$"{mode}.minSyncPeriod"]! > (TimeSpan)c[$"{mode}.syncPeriod"]!)
                yield return $"{mode}.minSyncPeriod is {Said(c, $"{mode}.minSyncPeriod")} and must not be longer than {mode}.syncPeriod, {Said(c, $"{mode}.syncPeriod")}.";
        }
    }

    private static string Said(ProxyConfiguration c, string field) => MetaDuration.Format((TimeSpan)c[field]!);

    private static IEnumerable<string> Addresses(ProxyConfiguration c)
    {
        if (!IPAddress.TryParse(c.BindAddress, out _))
            yield return $"bindAddress is \"{c.BindAddress}\" and must be an IP address.";
        foreach (var field in (string[])["healthzBindAddress", "metricsBindAddress"])
        {
            var value = (string)c[field]!;
            if (value.Length > 0 && (!IPEndPoint.TryParse(value, out var end) || end.Port == 0))
                yield return $"{field} is \"{value}\" and must be ADDRESS:PORT, such as 0.0.0.0:10256 or [::]:10256.";
        }
    }

    private static IEnumerable<string> ClusterCidr(string text)
    {
        if (text.Length == 0)
            yield break;
        var networks = text.Split(',', StringSplitOptions.TrimEntries);
        if (networks.FirstOrDefault(n => !AddressText.TryParseNetwork(n, out _)) is { } wrong)
            yield return $"clusterCIDR holds \"{wrong}\" and must be a network such as 10.244.0.0/16, or one per IP family with a comma between them.";
        else if (networks.Length > 2 || networks.Select(n => AddressText.ParseNetwork(n).BaseAddress.AddressFamily).Distinct().Count() != networks.Length)
            yield return $"clusterCIDR is \"{text}\" and must be at most one network per IP family.";
    }

    private static IEnumerable<string> NodePorts(IReadOnlyList<string> addresses)
    {
        if (addresses is ["primary"])
            yield break;
        if (addresses.Contains("primary"))
            yield return "nodePortAddresses holds \"primary\" beside other words; primary must stand alone.";
        else if (addresses.FirstOrDefault(a => !AddressText.TryParseNetwork(a, out _)) is { } wrong)
            yield return $"nodePortAddresses holds \"{wrong}\" and must be networks such as 192.168.0.0/16, or the single word primary.";
    }

    private static IEnumerable<string> ExcludeCidrs(ProxyConfiguration c) =>
        ((ImmutableArray<string>)c["ipvs.excludeCIDRs"]!).Where(n => !AddressText.TryParseNetwork(n, out _)).Take(1)
            .Select(wrong => $"ipvs.excludeCIDRs holds \"{wrong}\" and must be networks such as 10.0.0.0/8.");

    private static IEnumerable<string> DetectLocal(ProxyConfiguration c)
    {
        if (!s_detectModes.Contains(c.DetectLocalMode))
            yield return $"detectLocalMode is \"{c.DetectLocalMode}\" and must be one of {string.Join(", ", s_detectModes)}.";
        var names = c.DetectLocalMode switch
        {
            "BridgeInterface" => Interface("detectLocal.bridgeInterface", c.BridgeInterface, c.DetectLocalMode),
            "InterfaceNamePrefix" => Interface("detectLocal.interfaceNamePrefix", c.InterfaceNamePrefix, c.DetectLocalMode),
            _ => [],
        };
        foreach (var problem in names)
            yield return problem;
    }

    private static IEnumerable<string> Interface(string field, string name, string mode) =>
        name.Length == 0 ? [$"{field} is empty and must be set when detectLocalMode is {mode}."]
        : name.Length > LongestInterfaceName ? [$"{field} is \"{name}\" and must have at most {LongestInterfaceName} characters."]
        : [];
}
