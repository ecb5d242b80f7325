using System.Net;
using System.Net.Http.Headers;

namespace Viaduct.Kube.Config;

/// <summary>
/// Authenticates by credentials that are renewed. A certificate belongs to a connection, so another one means other connections; what still runs on those of
/// the certificate before runs to its end.
/// </summary>
internal sealed class RenewingHandler(Kubeconfig config, ICredentialSource source) : HttpMessageHandler
{
    private readonly Lock _lock = new();
    private HttpMessageInvoker? _transport, _before;
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
        _transport?.Dispose();
        _before?.Dispose();
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
            if (_transport is null || _certificate != wanted)
            {
                // A watch that is still on the one before that began a certificate's life ago; it is asked for again.
                _before?.Dispose();
                (_before, _certificate) = (_transport, wanted);
                _transport = new HttpMessageInvoker((config with { ClientCertificate = wanted.Certificate, ClientKey = wanted.Key }).CreateHandler());
            }

            return _transport;
        }
    }
}
