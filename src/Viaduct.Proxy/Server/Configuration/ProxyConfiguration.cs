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

    /// <summary>The default with a clusterCIDR of one network per IP family.</summary>
    public static ProxyConfiguration For(IReadOnlyList<IPNetwork> clusterCidrs) => Default.With("clusterCIDR", string.Join(',', clusterCidrs));

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
    public ProxyMode ProxyMode => Mode.Length == 0 ? ProxyMode.Nftables : Enum.Parse<ProxyMode>(Mode, ignoreCase: true);

    /// <summary>A configuration that leaves the mode open was written for iptables mode, and means its field.</summary>
    public bool MasqueradeAll => Get<bool>("nftables.masqueradeAll") || (Mode.Length == 0 && Get<bool>("iptables.masqueradeAll"));

    public TimeSpan SyncPeriod => Get<TimeSpan>("nftables.syncPeriod");

    public TimeSpan MinSyncPeriod => Get<TimeSpan>("nftables.minSyncPeriod");

    public string DetectLocalMode => Get<string>("detectLocalMode");

    public string BridgeInterface => Get<string>("detectLocal.bridgeInterface");

    public string InterfaceNamePrefix => Get<string>("detectLocal.interfaceNamePrefix");

    /// <summary>One network, or two of different families with a comma between them; empty is none.</summary>
    public string ClusterCidr => Get<string>("clusterCIDR");

    /// <summary>Networks, or the single word <c>primary</c>; empty is as in kube-proxy's nftables mode: primary.</summary>
    public ImmutableArray<string> NodePortAddresses => Get<ImmutableArray<string>>("nodePortAddresses");

    public int OomScoreAdj => Get<int>("oomScoreAdj");

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

    internal object? this[string path] => values.GetValueOrDefault(path);

    /// <summary>With one field changed; null is its default.</summary>
    internal ProxyConfiguration With(string path, object? value) =>
        (value ?? ConfigFields.ByPath[path].Default) is { } present ? new(values.SetItem(path, present)) : new(values.Remove(path));

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
