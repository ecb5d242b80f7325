using System.Net;
using System.Net.Http.Headers;

namespace Viaduct.Kube.Config;

/// <summary>
/// Authenticates by credentials that are renewed. A certificate belongs to a connection, so another one means other connections; what still runs on the old ones
/// runs to its end.
/// </summary>
internal sealed class RenewingHandler(Kubeconfig config, ICredentialSource source) : HttpMessageHandler
{
    private readonly Lock _lock = new();
    private readonly Stack<HttpMessageInvoker> _transports = [];
    private (string?, string?) _certificate;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var used = await source.GetAsync(null, cancellationToken);
        var answer = await SendAsync(request, used, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.Unauthorized)
            return answer;
        var anew = await source.GetAsync(used, cancellationToken);
        if (anew == used)
            return answer;
        answer.Dispose();
        return await SendAsync(request, anew, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        foreach (var transport in _transports)
            transport.Dispose();
        base.Dispose(disposing);
    }

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, Credentials credentials, CancellationToken cancellation)
    {
        if (credentials.Token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", credentials.Token);
        return Transport((credentials.Certificate, credentials.Key)).SendAsync(request, cancellation);
    }

    private HttpMessageInvoker Transport((string? Certificate, string? Key) wanted)
    {
        lock (_lock)
        {
            if (_transports.Count == 0 || _certificate != wanted)
            {
                _transports.Push(new HttpMessageInvoker((config with { ClientCertificate = wanted.Certificate, ClientKey = wanted.Key }).CreateHandler()));
                _certificate = wanted;
            }

            return _transports.Peek();
        }
    }
}
