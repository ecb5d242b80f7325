using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Nodes;
using Viaduct.Proxy.Backends;

namespace Viaduct.Proxy.Server.Configuration;

/// <summary>A KubeProxyConfiguration with defaults filled in. Immutable; fields without a property here have no effect.</summary>
public sealed class ProxyConfiguration
{
    private readonly ImmutableDictionary<string, object> values;

    private ProxyConfiguration(ImmutableDictionary<string, object> values) => this.values = values;

    /// <summary>What kube-proxy runs with when nobody says anything.</summary>
    public static ProxyConfiguration Default { get; } = new(
        ConfigFields.All.Where(f => f.Default is not null).ToImmutableDictionary(f => f.Path, f => f.Default!));

    /// <summary>Of a cluster's node, with node ports on its own address in every mode.</summary>
    public static ProxyConfiguration For(IReadOnlyList<IPNetwork> clusterCidrs, ProxyMode mode) => Default
        .With("clusterCIDR", string.Join(',', clusterCidrs))
        .With("nodePortAddresses", ImmutableArray.Create("primary"))
        .InMode(mode);

    public string Kubeconfig => Get<string>("clientConnection.kubeconfig");

    /// <summary>Those that somebody set.</summary>
    public ImmutableSortedDictionary<string, bool> FeatureGates => Get<ImmutableSortedDictionary<string, bool>>("featureGates");

    public int Verbosity => Get<int>("logging.verbosity");

    public string HostnameOverride => Get<string>("hostnameOverride");

    public string BindAddress => Get<string>("bindAddress");

    /// <summary>Empty: no health server.</summary>
    public string HealthzBindAddress => Get<string>("healthzBindAddress");

    /// <summary>Empty: no metrics server.</summary>
    public string MetricsBindAddress => Get<string>("metricsBindAddress");

    public bool BindAddressHardFail => Get<bool>("bindAddressHardFail");

    /// <summary>As written; empty is nftables.</summary>
    public string Mode => Get<string>("mode");

    /// <summary>The same, of a checked configuration.</summary>
    /// <exception cref="ArgumentException">There is no such mode.</exception>
    public ProxyMode ProxyMode => ProxyModeNames.Find(Mode) ?? throw new ArgumentException($"There is no proxy mode \"{Mode}\".");

    /// <summary>
    /// Of the mode's own fields, which ipvs and userspace share with iptables. A configuration that leaves the mode open was written for iptables
    /// mode, and means its field.
    /// </summary>
    public bool MasqueradeAll => ProxyMode == ProxyMode.Nftables
        ? Get<bool>("nftables.masqueradeAll") || (Mode.Length == 0 && Get<bool>("iptables.masqueradeAll"))
        : Get<bool>("iptables.masqueradeAll");

    /// <summary>Ipvs mode uses that of iptables mode; nftables mode needs no mark.</summary>
    public int MasqueradeBit => Get<int>("iptables.masqueradeBit");

    /// <summary>Of iptables mode: node ports on 127.0.0.1, unless <see cref="NodePortAddresses"/> leave it out.</summary>
    public bool LocalhostNodePorts => Get<bool>("iptables.localhostNodePorts");

    public TimeSpan SyncPeriod => Get<TimeSpan>(Period("syncPeriod"));

    public TimeSpan MinSyncPeriod => Get<TimeSpan>(Period("minSyncPeriod"));

    /// <summary>Whether <see cref="MinSyncPeriod"/> is what nobody chose.</summary>
    public bool IsMinSyncPeriodDefault => Equals(MinSyncPeriod, ConfigFields.ByPath[Period("minSyncPeriod")].Default);

    public string DetectLocalMode => Get<string>("detectLocalMode");

    public string BridgeInterface => Get<string>("detectLocal.bridgeInterface");

    public string InterfaceNamePrefix => Get<string>("detectLocal.interfaceNamePrefix");

    /// <summary>One network, or two of different families with a comma between them; empty is none.</summary>
    public string ClusterCidr => Get<string>("clusterCIDR");

    /// <summary>Networks, or the single word <c>primary</c>; empty means all addresses of the node. What nobody chose is primary in nftables mode only, as in kube-proxy.</summary>
    public ImmutableArray<string> NodePortAddresses => Get<ImmutableArray<string>>("nodePortAddresses") is { IsEmpty: false } chosen
        ? chosen
        : ProxyMode == ProxyMode.Nftables ? ["primary"] : [];

    public int OomScoreAdj => Get<int>("oomScoreAdj");

    /// <summary>An empty scheduler is the default one, as in kube-proxy.</summary>
    public IpvsSettings Ipvs => new()
    {
        Scheduler = Get<string>("ipvs.scheduler") is { Length: > 0 } scheduler ? scheduler : new IpvsSettings().Scheduler,
        StrictArp = Get<bool>("ipvs.strictARP"),
        ExcludeCidrs = [.. Get<ImmutableArray<string>>("ipvs.excludeCIDRs").Select(Model.AddressText.ParseNetwork)],
        TcpTimeout = Get<TimeSpan>("ipvs.tcpTimeout"),
        TcpFinTimeout = Get<TimeSpan>("ipvs.tcpFinTimeout"),
        UdpTimeout = Get<TimeSpan>("ipvs.udpTimeout"),
    };

    public ConntrackConfiguration Conntrack => new(
        Get<int>("conntrack.maxPerCore"),
        Get<int>("conntrack.min"),
        Get<TimeSpan>("conntrack.tcpEstablishedTimeout"),
        Get<TimeSpan>("conntrack.tcpCloseWaitTimeout"),
        Get<bool>("conntrack.tcpBeLiberal"),
        Get<TimeSpan>("conntrack.udpTimeout"),
        Get<TimeSpan>("conntrack.udpStreamTimeout"));

    /// <summary>Paths of fields whose value differs from the default.</summary>
    public IEnumerable<string> Changed =>
        ConfigFields.All.Where(f => !JsonNode.DeepEquals(ConfigValues.ToJson(f.Kind, f.Default), Json(f))).Select(f => f.Path);

    /// <summary>The whole configuration as its JSON object.</summary>
    public JsonObject ToJson()
    {
        var root = new JsonObject { ["apiVersion"] = ConfigFields.ApiVersion, ["kind"] = ConfigFields.Kind };
        foreach (var field in ConfigFields.All)
        {
            if (Json(field) is { } value)
                Place(root, field.Path.Split('.'), value);
        }

        return root;
    }

    /// <summary>The same in another mode.</summary>
    public ProxyConfiguration InMode(ProxyMode mode) => mode == ProxyMode ? this : With("mode", mode.Name());

    internal object? this[string path] => values.GetValueOrDefault(path);

    /// <summary>With one field changed; null is its default.</summary>
    internal ProxyConfiguration With(string path, object? value) =>
        (value ?? ConfigFields.ByPath[path].Default) is { } present ? new(values.SetItem(path, present)) : new(values.Remove(path));

    private string Period(string field) => $"{(ProxyMode.Name() is "nftables" or "ipvs" ? ProxyMode.Name() : "iptables")}.{field}";

    private static void Place(JsonObject root, string[] path, JsonNode value)
    {
        foreach (var name in path[..^1])
        {
            if (root[name] is not JsonObject inner)
                root[name] = inner = [];
            root = inner;
        }

        root[path[^1]] = value;
    }

    private JsonNode? Json(ConfigField field) => ConfigValues.ToJson(field.Kind, values.GetValueOrDefault(field.Path));

    private T Get<T>(string path) => (T)values[path];
}

/// <summary>What of connection tracking is set at the start; zero leaves a value as it is.</summary>
public sealed record ConntrackConfiguration(
    int MaxPerCore,
    int Min,
    TimeSpan TcpEstablishedTimeout,
    TimeSpan TcpCloseWaitTimeout,
    bool TcpBeLiberal,
    TimeSpan UdpTimeout,
    TimeSpan UdpStreamTimeout);
