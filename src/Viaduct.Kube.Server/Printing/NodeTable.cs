using System.Text.Json;

namespace Viaduct.Kube.Server.Printing;

internal static class NodeTable
{
    private const string RolePrefix = "node-role.kubernetes.io/";

    public static TableDefinition Definition { get; } = new(
        TableDefinition.Name,
        TableDefinition.Text("Status", Status),
        TableDefinition.Text("Roles", Roles),
        TableDefinition.Age,
        TableDefinition.Text("Version", n => Info(n, "kubeletVersion")),
        TableDefinition.Text("Internal-IP", n => Address(n, "InternalIP"), 1),
        TableDefinition.Text("External-IP", n => Address(n, "ExternalIP"), 1),
        TableDefinition.Text("OS-Image", n => Info(n, "osImage"), 1),
        TableDefinition.Text("Kernel-Version", n => Info(n, "kernelVersion"), 1),
        TableDefinition.Text("Container-Runtime", n => Info(n, "containerRuntimeVersion"), 1));

    private static string Status(JsonElement node)
    {
        var ready = node.ItemsAt("status", "conditions").FirstOrDefault(c => c.TextAt("type") == "Ready");
        var status = ready.ValueKind == JsonValueKind.Undefined ? "Unknown" : ready.TextAt("status") == "True" ? "Ready" : "NotReady";
        return node.FlagAt("spec", "unschedulable") ? $"{status},SchedulingDisabled" : status;
    }

    private static string Roles(JsonElement node) => Lists.Join(node.EntriesAt("metadata", "labels")
        .Where(l => l.Key.StartsWith(RolePrefix, StringComparison.Ordinal))
        .Select(l => l.Key[RolePrefix.Length..])
        .Order(StringComparer.Ordinal));

    private static string Address(JsonElement node, string type) =>
        node.ItemsAt("status", "addresses").Where(a => a.TextAt("type") == type).Select(a => a.TextAt("address")).FirstOrDefault() ?? Lists.None;

    private static string Info(JsonElement node, string field) =>
        node.TextAt("status", "nodeInfo", field) is { Length: > 0 } text ? text : "<unknown>";
}
