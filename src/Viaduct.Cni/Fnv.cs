using System.Text;

namespace Viaduct.Cni;

/// <summary>FNV-1a, 64 bits: a hash that is the same in every process. Not for secrets; the runtime's own SHA would load OpenSSL first.</summary>
public static class Fnv
{
    public static ulong Hash(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var b in Encoding.UTF8.GetBytes(text))
            hash = unchecked((hash ^ b) * 1099511628211UL);
        return hash;
    }
}
