using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;
using Microsoft.Net.Http.Headers;

namespace ConnectionStateService.Hosting;

/// <summary>The console: files that a browser gets from where the API is, and nothing else.</summary>
internal static partial class ConsoleFiles
{
    private const string Index = "index.html";

    // Nothing but what this server sends runs, is shown or is called, and nobody else's page has the console in a frame.
    private const string ContentSecurityPolicy =
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        + "require-trusted-types-for 'script'; trusted-types 'none'";

    /// <summary>Compression; what is written at the moment of the request is small, so it need not be fast at all costs.</summary>
    public static IServiceCollection AddConsole(this IServiceCollection services)
    {
        services.Configure<BrotliCompressionProviderOptions>(brotli => brotli.Level = CompressionLevel.Optimal);
        return services.AddResponseCompression(compression => compression.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "image/svg+xml"]);
    }

    /// <summary>Serves the files. gRPC-Web calls are POST and pass by: their streams must not be held up by compression.</summary>
    public static void UseConsole(this WebApplication app)
    {
        // The files lie beside the program, wherever it was started.
        var folder = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        if (!Directory.Exists(folder))
        {
            NoConsole(app.Logger, folder);
            return;
        }

        var files = new StaticFileOptions { FileProvider = new PhysicalFileProvider(folder), OnPrepareResponse = TellCaches };
        app.UseWhen(IsRead, console =>
        {
            console.Use(WithHeaders);
            console.UseResponseCompression();
            console.UseStaticFiles(files);
        });
        MapConsole(app, files);
    }

    // Every address of the console is answered with its one page; what the address means is the page's business.
    private static void MapConsole(WebApplication app, StaticFileOptions files)
    {
        app.MapFallbackToFile("/", Index, files);
        app.MapFallbackToFile("/m/{**address}", Index, files);
        app.MapGet("/console/config.json", (HttpResponse response) =>
        {
            response.Headers.CacheControl = "no-store";
            return Results.Json(new { development = app.Environment.IsDevelopment() });
        });
    }

    // What has a hash in its name never changes. The page that names those files is never kept: two releases' may be of one size and time, and
    // are then taken for the same.
    private static void TellCaches(StaticFileResponseContext file)
    {
        var headers = file.Context.Response.Headers;
        headers.CacheControl = file.File.Name == Index ? "no-store"
            : file.Context.Request.Path.StartsWithSegments("/assets") ? "public, max-age=31536000, immutable"
            : "no-cache";
        headers.Vary = HeaderNames.AcceptEncoding;
    }

    private static bool IsRead(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);

    private static Task WithHeaders(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        return next(context);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "There is no console, {Folder} is missing. The API needs nothing of it.")]
    private static partial void NoConsole(ILogger logger, string folder);
}
