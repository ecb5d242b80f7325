using Microsoft.AspNetCore.Http;
using Viaduct.Linux.Namespaces;
using Viaduct.Node.Containers;
using Viaduct.Node.Pods;

namespace Viaduct.Node.Server;

/// <summary>
/// <c>/exec/NS/POD/CONTAINER?command=..&amp;stdin&amp;stdout&amp;stderr&amp;tty</c>: runs a command beside a container, over a WebSocket with the
/// subprotocol <c>v5.channel.k8s.io</c>.
/// </summary>
internal sealed class ExecEndpoint(NodeOptions options, PodManager pods, ExecRunner exec)
{
    private static readonly Dictionary<string, string> s_standInEnvironment = new(StringComparer.Ordinal)
    {
        ["PATH"] = ContainerEnvironment.DefaultPath,
        ["HOME"] = "/root",
        ["TERM"] = "xterm",
    };

    public async Task HandleAsync(HttpContext context)
    {
        var (ns, name, container) = PodPath.Of(context);
        var query = context.Request.Query;
        var command = query["command"].OfType<string>().ToList();
        if (pods.Find(ns, name) is not { } worker)
            await Refusal.NotFoundAsync(context, $"pod {ns}/{name} does not run on this node");
        else if (worker.FindRunning(container) is not { } running || worker.Sandbox is not { } sandbox)
            await Refusal.BadRequestAsync(context, $"container {container} of pod {ns}/{name} does not run");
        else if (command.Count == 0)
            await Refusal.BadRequestAsync(context, "exec needs a command: command=WORD, once for each word");
        else if (!context.WebSockets.IsWebSocketRequest || !context.WebSockets.WebSocketRequestedProtocols.Contains(ExecSession.Protocol))
            await Refusal.BadRequestAsync(context, $"exec needs a WebSocket with the subprotocol {ExecSession.Protocol}");
        else
            await ServeAsync(context, new ExecRequest(Target(running, sandbox.Namespace), PodHostname.Of(worker.Facts.Pod, options.NodeName), command, Flag(query, "stdin"), Flag(query, "tty")));
    }

    private async Task ServeAsync(HttpContext context, ExecRequest request)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(ExecSession.Protocol);
        using var session = new ExecSession(socket, exec);
        await session.RunAsync(request, context.RequestAborted);
    }

    /// <summary>Beside a process its namespaces; beside a stand-in, which has none but the network, new ones.</summary>
    private static ExecTarget Target(IRunningContainer running, NetNamespace network) =>
        running.ExecTarget ?? new ExecTarget(null, network, s_standInEnvironment, "/");

    private static bool Flag(IQueryCollection query, string name) => query.TryGetValue(name, out var value) && value.ToString() is "true" or "1" or "";
}

internal sealed record ExecRequest(ExecTarget Target, string Hostname, IReadOnlyList<string> Command, bool WithInput, bool WithTerminal);
