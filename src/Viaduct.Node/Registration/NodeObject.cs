using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;

namespace Viaduct.Node.Registration;

/// <summary>The Node object as this agent writes it; pure but for facts about the machine that are given.</summary>
internal static class NodeObject
{
    public const int PodCapacity = 110;

    public static JsonObject Create(NodeOptions options) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Node",
        ["metadata"] = new JsonObject { ["name"] = options.NodeName, ["labels"] = Labels(options) },
        ["spec"] = new JsonObject(),
    };

    /// <summary>A merge patch: labels of others stay.</summary>
    public static JsonObject LabelPatch(NodeOptions options) => new() { ["metadata"] = new JsonObject { ["labels"] = Labels(options) } };

    public static JsonObject StatusPatch(NodeOptions options, MachineFacts machine, Readiness readiness, DateTimeOffset now) => new()
    {
        ["status"] = new JsonObject
        {
            ["addresses"] = new JsonArray([.. options.NodeAddresses.Select(a => Address("InternalIP", a.ToString())), Address("Hostname", options.NodeName)]),
            ["capacity"] = Capacity(machine),
            ["allocatable"] = Capacity(machine),
            ["conditions"] = Conditions(readiness, now),
            ["nodeInfo"] = NodeInfo(options, machine),
            ["daemonEndpoints"] = new JsonObject { ["kubeletEndpoint"] = new JsonObject { ["Port"] = 0 } },
        },
    };

    private static JsonObject Labels(NodeOptions options)
    {
        var labels = new JsonObject
        {
            ["kubernetes.io/hostname"] = options.NodeName,
            ["kubernetes.io/os"] = "linux",
            ["kubernetes.io/arch"] = MachineFacts.Architecture,
        };
        if (options.Zone is not null)
            labels["topology.kubernetes.io/zone"] = options.Zone;
        return labels;
    }

    private static JsonObject Address(string type, string address) => new() { ["type"] = type, ["address"] = address };

    private static JsonObject Capacity(MachineFacts machine) => new()
    {
        ["pods"] = PodCapacity.ToString(CultureInfo.InvariantCulture),
        ["cpu"] = machine.Processors.ToString(CultureInfo.InvariantCulture),
        ["memory"] = (machine.MemoryBytes / 1024).ToString(CultureInfo.InvariantCulture) + "Ki",
    };

    private static JsonArray Conditions(Readiness readiness, DateTimeOffset now)
    {
        var time = KubeTime.Format(now);
        var since = KubeTime.Format(readiness.Since);
        return new JsonArray(
            Condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "the agent sets no limits", time, since),
            Condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "the agent sets no limits", time, since),
            Condition("PIDPressure", "False", "KubeletHasSufficientPID", "the agent sets no limits", time, since),
            Condition("Ready", readiness.IsReady ? "True" : "False", readiness.IsReady ? "KubeletReady" : "KubeletNotReady", readiness.Message, time, since));
    }

    private static JsonObject Condition(string type, string status, string reason, string message, string heartbeat, string since) => new()
    {
        ["type"] = type,
        ["status"] = status,
        ["reason"] = reason,
        ["message"] = message,
        ["lastHeartbeatTime"] = heartbeat,
        ["lastTransitionTime"] = since,
    };

    private static JsonObject NodeInfo(NodeOptions options, MachineFacts machine) => new()
    {
        ["architecture"] = MachineFacts.Architecture,
        ["operatingSystem"] = "linux",
        ["osImage"] = machine.OsImage,
        ["kernelVersion"] = machine.KernelVersion,
        ["bootID"] = machine.BootId,
        ["machineID"] = "",
        ["systemUUID"] = "",
        ["containerRuntimeVersion"] = "viaduct://" + options.Version,
        ["kubeletVersion"] = "v" + options.Version + "-viaduct",
        ["kubeProxyVersion"] = "v" + options.Version + "-viaduct",
    };
}

/// <summary>The condition Ready.</summary>
internal sealed record Readiness(bool IsReady, string Message, DateTimeOffset Since);

/// <summary>What the machine says of itself.</summary>
internal sealed record MachineFacts(int Processors, long MemoryBytes, string KernelVersion, string OsImage, string BootId)
{
    public static string Architecture => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };

    public static MachineFacts Read() => new(
        Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        ReadLine("/proc/sys/kernel/osrelease"),
        RuntimeInformation.OSDescription,
        ReadLine("/proc/sys/kernel/random/boot_id"));

    private static string ReadLine(string path) => File.Exists(path) ? File.ReadAllText(path).Trim() : "";
}
