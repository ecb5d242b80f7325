using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Viaduct.Kube.Objects;

namespace Viaduct.Node.Server;

/// <summary>Answers that are not what was asked for, as the API's Status object.</summary>
internal static class Refusal
{
    public static Task NotFoundAsync(HttpContext context, string message) => WriteAsync(context, 404, "NotFound", message);

    public static Task BadRequestAsync(HttpContext context, string message) => WriteAsync(context, 400, "BadRequest", message);

    private static Task WriteAsync(HttpContext context, int code, string reason, string message)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        var status = new Status { Code = code, Reason = reason, Message = message };
        return context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(status, KubeJson.Default.Status), context.RequestAborted).AsTask();
    }
}
