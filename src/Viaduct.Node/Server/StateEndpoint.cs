using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Viaduct.Node.Pods;

namespace Viaduct.Node.Server;

/// <summary><c>GET /viaduct/state</c>: pods, sandboxes and addresses of this node.</summary>
internal sealed class StateEndpoint(NodeOptions options, PodManager pods)
{
    public async Task HandleAsync(HttpContext context)
    {
        var report = new NodeStateReport
        {
            Node = options.NodeName,
            Address = options.NodeAddress.ToString(),
            Pods = [.. pods.Workers.Select(Report).OrderBy(p => (p.Namespace, p.Name))],
        };
        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(context.Response.Body, report, NodeJson.Default.NodeStateReport, context.RequestAborted);
    }

    private static PodStateReport Report(PodWorker worker)
    {
        var (facts, sandbox) = (worker.Facts, worker.Sandbox);
        return new PodStateReport
        {
            Namespace = worker.Namespace,
            Name = worker.Name,
            Uid = worker.Uid,
            Phase = PodStatusBuilder.Phase(facts),
            Address = sandbox?.Address.ToString(),
            SandboxId = sandbox?.Id,
            NetNamespacePath = sandbox?.Record?.NetNamespacePath,
            HostNetwork = facts.Pod.Spec?.HostNetwork == true,
            Terminating = facts.Pod.Metadata.DeletionTimestamp is not null,
            Containers = [.. facts.All.Select(c => Report(worker, c))],
        };
    }

    private static ContainerStateReport Report(PodWorker worker, ContainerFacts container)
    {
        var running = worker.FindRunning(container.Spec.Name);
        return new ContainerStateReport
        {
            Name = container.Spec.Name,
            Kind = running is null ? null : running.ExecTarget is null ? "stand-in" : "process",
            ProcessId = running?.ExecTarget?.ProcessId,
            Ready = container.Ready,
            Restarts = container.RestartCount,
        };
    }
}
