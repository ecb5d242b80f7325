using Viaduct.Addressing;

namespace Viaduct.Cluster.Plans;

/// <summary>The fields of a plan's file, and what they are when they are left out.</summary>
internal static class PlanFields
{
    private static readonly Dictionary<string, PlanProvider> s_providers = new()
    {
        ["generic"] = PlanProvider.Generic, ["viaduct"] = PlanProvider.Viaduct, ["ack"] = PlanProvider.Ack, ["gke"] = PlanProvider.Gke,
        ["eks"] = PlanProvider.Eks, ["aks"] = PlanProvider.Aks, ["vke"] = PlanProvider.Vke, ["cce"] = PlanProvider.Cce,
    };

    /// <summary>Names of the modes of each provider; the first is the usual one.</summary>
    private static readonly Dictionary<PlanProvider, (string Name, PlanMode Mode)[]> s_modes = new()
    {
        [PlanProvider.Ack] = [("flannel", PlanMode.Flannel), ("terway", PlanMode.Terway), ("terway-exclusive", PlanMode.TerwayExclusive)],
        [PlanProvider.Gke] = [("vpc-native", PlanMode.VpcNative)],
        [PlanProvider.Eks] = [("vpc-cni", PlanMode.VpcCni), ("vpc-cni-prefix", PlanMode.VpcCniPrefix)],
        [PlanProvider.Aks] = [("overlay", PlanMode.Overlay), ("flat", PlanMode.Flat)],
    };

    private static readonly (string, PlanMode)[] s_flannel = [("flannel", PlanMode.Flannel)];

    public static string NameOf(PlanProvider provider) => s_providers.First(p => p.Value == provider).Key;

    public static string NameOf(ClusterPlan plan) => ModesOf(plan.Provider).FirstOrDefault(m => m.Mode == plan.Mode).Name ?? plan.Mode.ToString();

    public static ClusterPlan Read(PlanNode root)
    {
        var fields = root.Fields("provider", "mode", "vpc", "vSwitches", "podVSwitches", "podCidr", "serviceCidr", "nodeMask", "nodes", "podsPerNode", "services",
            "instance", "dnsServiceIp", "otherClusters", "routes");
        T Get<T>(string name, Func<PlanNode, T> read, T usual) => fields.TryGetValue(name, out var node) ? read(node) : usual;

        var provider = Get("provider", n => n.OneOf(s_providers), PlanProvider.Generic);
        var modes = ModesOf(provider);
        var pods = Get("podsPerNode", n => (int?)n.Number(), null);
        var (mask, maskIPv6) = Get("nodeMask", NodeMasks, (0, 64));
        return new ClusterPlan
        {
            Provider = provider,
            Mode = Get("mode", n => n.OneOf(modes.ToDictionary(m => m.Name, m => m.Mode)), modes[0].Mode),
            Vpc = Get("vpc", n => n.Ranges(), default),
            VSwitches = Get("vSwitches", VSwitches, []),
            PodVSwitches = Get("podVSwitches", VSwitches, []),
            PodCidr = Get("podCidr", n => n.Ranges(), default),
            ServiceCidr = Get("serviceCidr", n => n.Ranges(), default),
            NodeMask = mask != 0 ? mask : provider == PlanProvider.Gke ? PlanDefaults.GkeNodeMask(pods) : 24,
            NodeMaskIPv6 = maskIPv6,
            Nodes = Get("nodes", n => n.Number(), 1),
            PodsPerNode = pods,
            Services = Get("services", n => (int?)n.Number(), null),
            Instance = Get("instance", Instance, null),
            DnsServiceIp = Get("dnsServiceIp", n => n.Address(), null),
            OtherClusters = Get("otherClusters", n => n.Items().Select(OtherCluster).ToList(), []),
            Routes = Get("routes", n => n.Ranges(), default),
        };
    }

    private static (string Name, PlanMode Mode)[] ModesOf(PlanProvider provider) => s_modes.GetValueOrDefault(provider, s_flannel);

    /// <summary>One number is for IPv4; a list has IPv6's second.</summary>
    private static (int, int) NodeMasks(PlanNode node)
    {
        if (!node.IsList)
            return node.PrefixLength() is var one && one > 32 ? (0, one) : (one, 64);
        var both = node.Items().Select(i => i.PrefixLength()).ToList();
        return both.Count == 2 ? (both[0], both[1]) : throw node.Wrong("must be one prefix length, or a list of two: for IPv4 and for IPv6");
    }

    private static IReadOnlyList<VSwitchPlan> VSwitches(PlanNode node) => [.. node.Items().Select(VSwitch)];

    private static VSwitchPlan VSwitch(PlanNode node)
    {
        var fields = node.Fields("name", "zone", "cidr");
        var name = fields.GetValueOrDefault("name")?.Text();
        var zone = fields.GetValueOrDefault("zone")?.Text() ?? name ?? throw node.Wrong("has no zone");
        return new VSwitchPlan(zone, fields.GetValueOrDefault("cidr")?.Ranges() ?? throw node.Wrong("has no cidr")) { Name = name ?? zone };
    }

    private static InstancePlan? Instance(PlanNode node)
    {
        var fields = node.Fields("enis", "addressesPerEni");
        return new InstancePlan(
            fields.GetValueOrDefault("enis")?.Number() ?? throw node.Wrong("has no enis: how many network cards its type allows"),
            fields.GetValueOrDefault("addressesPerEni")?.Number() ?? throw node.Wrong("has no addressesPerEni: how many addresses each network card can have"));
    }

    private static OtherClusterPlan OtherCluster(PlanNode node)
    {
        var fields = node.Fields("name", "vpc", "podCidr", "serviceCidr");
        IpRanges Ranges(string field) => fields.GetValueOrDefault(field)?.Ranges() ?? default;
        return new OtherClusterPlan(fields.GetValueOrDefault("name")?.Text() ?? throw node.Wrong("has no name"))
        {
            Vpc = Ranges("vpc"),
            PodCidr = Ranges("podCidr"),
            ServiceCidr = Ranges("serviceCidr"),
        };
    }
}
