using Microsoft.AspNetCore.Http;
using Viaduct.Node.Containers;
using Viaduct.Node.Pods;

namespace Viaduct.Node.Server;

/// <summary><c>/exec/NS/POD/CONTAINER</c>: runs a command beside a container.</summary>
internal sealed class ExecEndpoint(NodeOptions options, PodManager pods, ExecRunner exec)
{
    public Task HandleAsync(HttpContext context)
    {
        _ = (options, pods, exec);
        return Refusal.NotFoundAsync(context, "not yet");
    }
}
