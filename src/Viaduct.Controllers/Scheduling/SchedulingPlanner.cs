using System.Globalization;
using System.Text.Json;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Selectors;

namespace Viaduct.Controllers.Scheduling;

/// <summary>Where a pod goes: a node, or the reason why to none.</summary>
public sealed record SchedulingDecision(string? Node, string Message);

/// <summary>Chooses a node for a pod; pure.</summary>
public static class SchedulingPlanner
{
    /// <param name="pod">A pod without a node.</param>
    /// <param name="nodes">All nodes.</param>
    /// <param name="podsOn">How many pods a node has.</param>
    public static SchedulingDecision Decide(Pod pod, IReadOnlyCollection<Node> nodes, Func<string, int> podsOn)
    {
        var obstacles = new Dictionary<string, int>(StringComparer.Ordinal);
        var fit = new List<Node>();
        foreach (var node in nodes)
        {
            if (Obstacle(pod, node, podsOn) is { } obstacle)
                obstacles[obstacle] = obstacles.GetValueOrDefault(obstacle) + 1;
            else
                fit.Add(node);
        }
        var best = fit.OrderBy(n => podsOn(n.Metadata.Name!)).ThenBy(n => n.Metadata.Name, StringComparer.Ordinal).FirstOrDefault();
        return best is not null
            ? new SchedulingDecision(best.Metadata.Name, $"Successfully assigned {pod.Metadata.Namespace}/{pod.Metadata.Name} to {best.Metadata.Name}")
            : new SchedulingDecision(null, Refusal(nodes.Count, obstacles));
    }

    private static string? Obstacle(Pod pod, Node node, Func<string, int> podsOn)
    {
        if (node.Metadata.DeletionTimestamp is not null || node.Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) != true)
            return "node(s) were not ready";
        if (node.Spec?.Unschedulable == true)
            return "node(s) were unschedulable";
        if (!LabelSelectors.Matches(pod.Spec?.NodeSelector, node.Metadata.Labels))
            return "node(s) didn't match Pod's node affinity/selector";
        return podsOn(node.Metadata.Name!) >= Room(node) ? "Too many pods" : null;
    }

    /// <summary>How many pods the node says it can run; one that says nothing can run any number.</summary>
    private static int Room(Node node)
    {
        if (node.Status?.Allocatable?.TryGetValue("pods", out var pods) != true)
            return int.MaxValue;
        var text = pods.ValueKind == JsonValueKind.String ? pods.GetString() : pods.GetRawText();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var room) ? room : int.MaxValue;
    }

    private static string Refusal(int nodes, Dictionary<string, int> obstacles) =>
        nodes == 0
            ? "no nodes available to schedule pods"
            : $"0/{nodes} nodes are available: {string.Join(", ", obstacles.Select(o => $"{o.Value} {o.Key}").Order(StringComparer.Ordinal))}.";
}
