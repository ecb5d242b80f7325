using System.Security.Cryptography.X509Certificates;

namespace Viaduct.Kube.Server.Pki;

/// <summary>What the server shows, and whom it believes.</summary>
/// <param name="Server">The server's certificate with its private key.</param>
/// <param name="Authority">Clients must have a certificate that this one issued.</param>
public sealed record ServerCertificates(X509Certificate2 Server, X509Certificate2 Authority);
