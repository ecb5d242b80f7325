using System.Net;
using Viaduct.Cni.Dispatch;
using Viaduct.Cni.HostLocal;
using Viaduct.Cni.Types;
using Viaduct.Linux.Route;

namespace Viaduct.Cni.Bridge;

/// <summary>The network configuration of the bridge plugin, with the keys and defaults of the reference plugin and nonMasqueradeCIDRs of our own.</summary>
internal sealed record BridgeConfig
{
    public required string Bridge { get; init; }
    public bool IsGateway { get; init; }
    public bool IsDefaultGateway { get; init; }
    public bool ForceAddress { get; init; }
    public bool HairpinMode { get; init; }
    public int? Mtu { get; init; }
    public MacAddress? Mac { get; init; }
    public required CniDns Dns { get; init; }

    /// <summary>Null without the key ipam: the interface gets no address.</summary>
    public HostLocalConfig? Ipam { get; init; }

    /// <summary>Null without ipMasq; otherwise the networks that pods reach with their own address.</summary>
    public IReadOnlyList<IPNetwork>? NonMasquerade { get; init; }

    public static BridgeConfig Read(CniRequest request)
    {
        var config = request.Config;
        RefuseUnsupported(config);
        var ipam = config.Section("ipam").Text("type") is { Length: > 0 } ? HostLocalConfig.Read(request) : null;
        var isDefaultGateway = config.Flag("isDefaultGateway");
        return new BridgeConfig
        {
            Bridge = config.Text("bridge") is { Length: > 0 } name ? name : "cni0",
            IsGateway = config.Flag("isGateway") || isDefaultGateway,
            IsDefaultGateway = isDefaultGateway,
            ForceAddress = config.Flag("forceAddress"),
            HairpinMode = config.Flag("hairpinMode"),
            Mtu = config.Number("mtu", 0, 65535) is > 0 and var mtu ? mtu : null,
            Mac = ReadMac(request),
            Dns = ReadDns(config.Section("dns")),
            Ipam = ipam,
            NonMasquerade = config.Flag("ipMasq") ? ReadNonMasquerade(config, ipam) : null,
        };
    }

    private static void RefuseUnsupported(ConfigReader config)
    {
        const string Advice = "Leave the key out.";
        foreach (var key in new[] { "promiscMode", "vlan", "vlanTrunk", "macspoofchk", "portIsolation", "disableContainerInterface" })
            config.RefuseUnsupported(key, Advice);
        if (config.Text("ipMasqBackend") is { } backend and not ("" or "nftables"))
            throw CniException.Unsupported("ipMasqBackend", $"\"{backend}\"", "Masquerading uses nftables.");
    }

    // Traffic inside the pods' own subnet never needs masquerading; a hairpin through the bridge would be spoilt by it.
    private static List<IPNetwork> ReadNonMasquerade(ConfigReader config, HostLocalConfig? ipam)
    {
        if (ipam is null)
            throw CniException.InvalidConfiguration("ipMasq needs the key ipam: without addresses there is nothing to masquerade");
        var own = ipam.RangeSets.SelectMany(set => set).Select(range => range.Subnet);
        var configured = config.Texts("nonMasqueradeCIDRs").Select((text, i) => ConfigReader.ParseNetwork(text, $"nonMasqueradeCIDRs[{i}]"));
        return [.. own.Concat(configured)];
    }

    // CNI CONVENTIONS: runtimeConfig before args.cni before CNI_ARGS before the configuration.
    private static MacAddress? ReadMac(CniRequest request) =>
        request.Config.Section("runtimeConfig").Mac("mac")
        ?? request.Config.Section("args").Section("cni").Mac("mac")
        ?? request.Arguments.Mac
        ?? request.Config.Mac("mac");

    private static CniDns ReadDns(ConfigReader dns) => new()
    {
        Nameservers = dns.Texts("nameservers"),
        Domain = dns.Text("domain"),
        Search = dns.Texts("search"),
        Options = dns.Texts("options"),
    };
}
