namespace Viaduct.Kube.Config;

/// <summary>Who we are to the server: a token, a certificate with its key in PEM, or both.</summary>
internal sealed record Credentials(string? Token, string? Certificate, string? Key);

/// <summary>Credentials that somebody renews.</summary>
internal interface ICredentialSource
{
    /// <summary>Good ones; <paramref name="refused"/> are those that the server did not accept, if it has just refused some.</summary>
    Task<Credentials> GetAsync(Credentials? refused, CancellationToken cancellation);
}

/// <summary>A client certificate in files, such as a kubelet's, which are replaced before it expires; read again when the server refuses what they had.</summary>
internal sealed class CertificateFiles(string certificate, string key, Credentials first) : ICredentialSource
{
    private volatile Credentials _last = first;

    public async Task<Credentials> GetAsync(Credentials? refused, CancellationToken cancellation)
    {
        if (refused is null || refused != _last)
            return _last;
        try
        {
            return _last = new Credentials(null, await File.ReadAllTextAsync(certificate, cancellation), await File.ReadAllTextAsync(key, cancellation));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return _last; // while they are being replaced: the server's refusal says what is wrong
        }
    }
}
