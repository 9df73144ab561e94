using System.Globalization;
using System.Text.Json;

namespace ConnectionStateService.Merchants;

/// <summary>
/// The file of an export: JSON, one value per line. The first line names the format, then comes one merchant per line, and the last line says how many
/// there are, so that a file that was cut off is noticed.
/// </summary>
internal static class ExportFile
{
    /// <summary>The first line.</summary>
    public const string Header = """{"format":"connectionstate-merchants","version":1}""";

    private const string CountName = "merchants";

    /// <summary>Returns the last line.</summary>
    public static string Footer(long merchants) => string.Create(CultureInfo.InvariantCulture, $$"""{"{{CountName}}":{{merchants}}}""");

    /// <summary>Returns the number of merchants that a last line says, or null if the line is not one.</summary>
    public static long? ReadFooter(string line)
    {
        // No merchant's line is as short, and looking at each would cost as much as reading it.
        if (line.Length > 40)
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty(CountName, out var count)
                && count.TryGetInt64(out var merchants)
                    ? merchants
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
