using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Viaduct.Proxy.Inspection;
using Viaduct.Proxy.Model;

namespace Viaduct.Cluster.Nodes;

/// <summary><c>GET /viaduct/services?namespace=NS&amp;name=NAME</c>: what the node's proxy wants of a Service, and what the kernel has.</summary>
internal sealed class ServiceReportEndpoint(ServiceInspector inspector)
{
    public const string Path = "/viaduct/services";

    public async Task HandleAsync(HttpContext context)
    {
        var service = new ServiceName(context.Request.Query["namespace"].ToString(), context.Request.Query["name"].ToString());
        var report = await inspector.ReportAsync(service, context.RequestAborted);
        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(context.Response.Body, report, ServiceReportJson.Default.ServiceReport, context.RequestAborted);
    }
}
