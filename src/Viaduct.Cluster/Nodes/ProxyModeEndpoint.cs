using Microsoft.AspNetCore.Http;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Switching;

namespace Viaduct.Cluster.Nodes;

/// <summary><c>GET /viaduct/proxy-mode</c> answers the mode of the node's proxy; <c>PUT</c> with another one changes it. A refusal is a sentence.</summary>
internal sealed class ProxyModeEndpoint(ModeSwitch mode)
{
    public const string Path = "/viaduct/proxy-mode";

    public async Task HandleAsync(HttpContext context)
    {
        if (HttpMethods.IsPut(context.Request.Method) && await ChangeAsync(context) is { } refusal)
        {
            context.Response.StatusCode = StatusCodes.Status409Conflict;
            await context.Response.WriteAsync(refusal, context.RequestAborted);
            return;
        }

        await context.Response.WriteAsync(mode.Mode.Name(), context.RequestAborted);
    }

    private async Task<string?> ChangeAsync(HttpContext context)
    {
        using var body = new StreamReader(context.Request.Body);
        var name = await body.ReadToEndAsync(context.RequestAborted);
        if (ProxyModeNames.Find(name) is not { } wanted)
            return $"There is no proxy mode \"{name}\"; there are {ProxyModeNames.All}.";
        try
        {
            await mode.ChangeAsync(wanted, context.RequestAborted);
            return null;
        }
        catch (ProxyModeException e)
        {
            return e.Message;
        }
    }
}
