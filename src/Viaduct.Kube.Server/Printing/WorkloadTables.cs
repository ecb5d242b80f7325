using System.Text.Json;

namespace Viaduct.Kube.Server.Printing;

internal static class WorkloadTables
{
    public static TableDefinition Deployment { get; } = new(
        TableDefinition.Name,
        TableDefinition.Text("Ready", d => $"{d.NumberAt("status", "readyReplicas")}/{d.NumberAt("spec", "replicas")}"),
        TableDefinition.Number("Up-to-date", d => d.NumberAt("status", "updatedReplicas")),
        TableDefinition.Number("Available", d => d.NumberAt("status", "availableReplicas")),
        TableDefinition.Age,
        TableDefinition.Text("Containers", d => ContainerField(d, "name"), 1),
        TableDefinition.Text("Images", d => ContainerField(d, "image"), 1),
        TableDefinition.Text("Selector", d => Lists.Selector(d.At("spec", "selector")), 1));

    public static TableDefinition ReplicaSet { get; } = new(
        TableDefinition.Name,
        TableDefinition.Number("Desired", r => r.NumberAt("spec", "replicas")),
        TableDefinition.Number("Current", r => r.NumberAt("status", "replicas")),
        TableDefinition.Number("Ready", r => r.NumberAt("status", "readyReplicas")),
        TableDefinition.Age,
        TableDefinition.Text("Containers", r => ContainerField(r, "name"), 1),
        TableDefinition.Text("Images", r => ContainerField(r, "image"), 1),
        TableDefinition.Text("Selector", r => Lists.Selector(r.At("spec", "selector")), 1));

    private static string ContainerField(JsonElement workload, string field) =>
        Lists.Join(workload.ItemsAt("spec", "template", "spec", "containers").Select(c => c.TextAt(field) ?? ""));
}
