using Microsoft.AspNetCore.Http;

namespace Viaduct.Kube.Server.Http;

/// <summary>In which form the client wants objects: as they are, or as rows of a table.</summary>
internal sealed record ResponseFormat(bool IsTable, TableObject TableObject)
{
    /// <summary>The first form of the Accept header that this server has; JSON if it names none of them.</summary>
    public static ResponseFormat Of(HttpRequest request)
    {
        foreach (var entry in request.Headers.Accept.ToString().Split(','))
        {
            var parts = entry.Split(';').Select(p => p.Trim()).ToList();
            if (parts[0] is not ("application/json" or "*/*" or "application/*"))
                continue;
            var form = parts.FirstOrDefault(p => p.StartsWith("as=", StringComparison.Ordinal));
            if (form is null)
                break;
            if (form == "as=Table" && parts.Contains("g=meta.k8s.io"))
                return new ResponseFormat(true, ParseObject(request.Query["includeObject"]));
        }
        return new ResponseFormat(false, TableObject.None);
    }

    private static TableObject ParseObject(string? text) => text switch
    {
        "None" => TableObject.None,
        "Object" => TableObject.Whole,
        _ => TableObject.Metadata,
    };
}

/// <summary>What a row of a table carries besides its cells.</summary>
internal enum TableObject
{
    None,
    Metadata,
    Whole,
}
