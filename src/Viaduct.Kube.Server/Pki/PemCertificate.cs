using System.Security.Cryptography.X509Certificates;

namespace Viaduct.Kube.Server.Pki;

/// <summary>A certificate and its private key as PEM texts.</summary>
public sealed record PemCertificate(string Certificate, string Key)
{
    /// <summary>Reads the two files that <see cref="Save"/> wrote.</summary>
    public static PemCertificate Load(string certificatePath, string keyPath) =>
        new(File.ReadAllText(certificatePath), File.ReadAllText(keyPath));

    public X509Certificate2 ToCertificate() => X509Certificate2.CreateFromPem(Certificate, Key);

    /// <summary>Writes both; only the owner can read the key.</summary>
    public void Save(string certificatePath, string keyPath)
    {
        File.WriteAllText(certificatePath, Certificate + "\n");
        PrivateFile.Write(keyPath, Key + "\n");
    }
}

internal static class PrivateFile
{
    /// <summary>Writes a file that nobody else can read, not even for a moment.</summary>
    public static void Write(string path, string text)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("Viaduct keeps its keys on Linux only.");
        File.Delete(path);
        using var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        using var writer = new StreamWriter(stream);
        writer.Write(text);
    }
}
